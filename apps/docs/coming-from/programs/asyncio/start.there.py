import asyncio


async def child() -> None:
    print("child: runs")
    await asyncio.sleep(0)


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(child())
        print("body: goes on")


asyncio.run(main())
