import trio


async def serve(*, task_status=trio.TASK_STATUS_IGNORED) -> None:
    await trio.sleep(0.001)  # binds the port
    task_status.started(8080)
    try:
        await trio.sleep_forever()
    finally:
        print("server: closed")


async def main() -> None:
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve)
        print(f"server: listens on {port}")
        nursery.cancel_scope.cancel()
    print("left")


trio.run(main)
