import trio


async def fail(message: str) -> None:
    await trio.sleep(0.001)
    raise ValueError(message)


async def clean_up_badly() -> None:
    try:
        await trio.sleep_forever()
    finally:
        raise KeyError("the cleanup failed, too")


async def main() -> None:
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail, "bad value")
            nursery.start_soon(clean_up_badly)
    except* ValueError as group:
        print("value errors:", len(group.exceptions))
    except* KeyError as group:
        print("key errors:", len(group.exceptions))


trio.run(main, strict_exception_groups=True)
