import CheckpointContents
import Commands

CheckpointCommand.start()
