import asyncio


async def load(part: str, seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
        if part == "orders":
            raise ValueError("orders: 500")
        return part
    finally:
        print(f"{part}: connection given back")


async def main() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            user = group.create_task(load("user", 0.001))
            orders = group.create_task(load("orders", 0.02))
            group.create_task(load("advertisements", 60))
        print(user.result(), orders.result())
    except* ValueError as errors:
        for error in errors.exceptions:
            print(f"failed: {error}")


asyncio.run(main())
