import AttentionEdits
import Commands

AttentionEditsCommand.start()
