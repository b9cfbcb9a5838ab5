import asyncio


async def stubborn() -> None:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("cancelled, and swallowed")
    await asyncio.sleep(0.01)
    print("went on as if nothing had happened")


async def main() -> None:
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0.001)
    task.cancel()
    await task
    print(f"cancelled: {task.cancelled()}")


asyncio.run(main())
