import Benchmarks
import Commands

TrainingStepCommand.start()
