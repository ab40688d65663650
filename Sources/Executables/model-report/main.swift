import Commands
import ModelReport

ModelReportCommand.start()
