import asyncio


async def upload(part: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    if part == "b":
        raise OSError("b: disk full")
    print(f"{part}: written")


async def main() -> None:
    try:
        await asyncio.gather(upload("a", 0), upload("b", 0.001), upload("c", 60))
    except OSError as error:
        print(f"rolled back: {error}")
    print(f"still running: {len(asyncio.all_tasks()) - 1}")


asyncio.run(main())
