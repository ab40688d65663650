import Benchmarks
import Commands

BenchmarksCommand.start()
