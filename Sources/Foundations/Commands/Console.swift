import Foundation
import Synchronization

/// Where a command's words go: the terminal, or memory for tests.
public final class Console: Sendable {
  private enum Sink { case streams, memory }

  private let sink: Sink
  /// Progress is shown on a terminal only.
  let showsProgress: Bool
  private let captured = Mutex((output: "", errors: ""))

  private init(_ sink: Sink, showsProgress: Bool) {
    (self.sink, self.showsProgress) = (sink, showsProgress)
  }

  /// stdout and stderr.
  public static func standard() -> Console {
    Console(.streams, showsProgress: isatty(STDERR_FILENO) == 1)
  }

  /// Keeps everything in memory.
  /// - Parameter showsProgress: behaves as a terminal does.
  public static func memory(showsProgress: Bool = false) -> Console {
    Console(.memory, showsProgress: showsProgress)
  }

  /// What a `memory` console has been told on stdout and on stderr.
  public var output: String { captured.withLock { $0.output } }
  /// What it has been told on stderr.
  public var errors: String { captured.withLock { $0.errors } }

  /// Writes a line to stdout.
  public func print(_ line: String) {
    switch sink {
    case .streams: FileHandle.standardOutput.write(Data((line + "\n").utf8))
    case .memory: captured.withLock { $0.output += line + "\n" }
    }
  }

  func printError(_ text: String) {
    switch sink {
    case .streams: FileHandle.standardError.write(Data(text.utf8))
    case .memory: captured.withLock { $0.errors += text }
    }
  }
}
