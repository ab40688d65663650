import Commands
import SamplerComparison

SamplerComparisonCommand.start()
