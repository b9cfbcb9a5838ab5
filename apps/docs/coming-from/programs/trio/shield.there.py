import trio


async def session() -> None:
    try:
        await trio.sleep(60)
    finally:
        with trio.move_on_after(1) as cleanup:
            cleanup.shield = True
            await trio.sleep(0.001)  # says goodbye
            print("said goodbye")


async def main() -> None:
    with trio.move_on_after(0.01) as limit:
        await session()
    print(f"cancelled: {limit.cancelled_caught}")


trio.run(main)
