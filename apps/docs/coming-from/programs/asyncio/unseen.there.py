import asyncio


async def report() -> int:
    return await asyncio.Future()  # its result is never set


async def main() -> None:
    try:
        async with asyncio.timeout(0.01):
            await report()
    except TimeoutError:
        print("timed out")


asyncio.run(main())
