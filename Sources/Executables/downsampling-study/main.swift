import Commands
import DownsamplingStudy

DownsamplingStudyCommand.start()
