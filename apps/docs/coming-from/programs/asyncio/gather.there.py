import asyncio


async def upload(part: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    if part == "b":
        raise OSError("b: disk full")
    print(f"{part}: written")


async def main() -> None:
    try:
        await asyncio.gather(
            upload("a", 0.001), upload("b", 0.02), upload("c", 0.05)
        )
    except OSError as error:
        print(f"rolled back: {error}")
    await asyncio.sleep(0.3)  # the program goes on


asyncio.run(main())
