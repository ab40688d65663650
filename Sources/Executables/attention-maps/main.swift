import AttentionMaps
import Commands

AttentionMapsCommand.start()
