import Benchmarks
import Commands

KernelTimesCommand.start()
