import Benchmarks
import Commands

NetworkPassCommand.start()
