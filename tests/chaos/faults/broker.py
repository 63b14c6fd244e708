"""What happens to Redis."""

from tests.chaos.faults import Steps, fault
from tests.chaos.world import World


@fault("Redis killed, back with its file")
def redis_killed(world: World) -> Steps:
    world.redis.kill()
    yield world.seconds(full=5, quick=1)
    world.redis.start()


@fault("Redis killed, back with nothing")
def redis_killed_without_file(world: World) -> Steps:
    world.redis.kill()
    (world.redis.server.directory / "appendonly.aof").unlink()
    yield world.seconds(full=5, quick=1)
    world.redis.start()


@fault("Redis emptied (FLUSHALL)")
def redis_emptied(world: World) -> Steps:
    for _ in range(int(world.seconds(full=5, quick=2))):
        world.broker.flushall()
        yield 0.5


@fault("Redis frozen")
def redis_frozen(world: World) -> Steps:
    world.redis.freeze()
    yield world.seconds(full=10, quick=6)
    world.redis.thaw()


@fault("Redis full")
def redis_full(world: World) -> Steps:
    world.broker.config_set("maxmemory", "1mb")
    yield world.seconds(full=10, quick=3)
    world.broker.config_set("maxmemory", "0")


@fault("Connections to Redis reset")
def connections_reset(world: World) -> Steps:
    world.network.reset()
    yield world.seconds(full=10, quick=4)
    world.network.forward()


@fault("Redis in a black hole")
def black_hole(world: World) -> Steps:
    world.network.black_hole()
    yield world.seconds(full=20, quick=7)
    world.network.forward()


@fault("Connections to Redis cut in mid-message")
def cut(world: World) -> Steps:
    for _ in range(int(world.seconds(full=10, quick=3))):
        world.network.cut()
        yield 0.7
