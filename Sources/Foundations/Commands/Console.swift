import Diagnostics
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
    case .streams: Self.write(line + "\n", to: STDOUT_FILENO)
    case .memory: captured.withLock { $0.output += line + "\n" }
    }
  }

  func printError(_ text: String) {
    switch sink {
    case .streams: Self.write(text, to: STDERR_FILENO)
    case .memory: captured.withLock { $0.errors += text }
    }
  }

  /// Writes all of a text. Where nobody reads any more the process ends quietly; where there is no room,
  /// with status 73. What cannot be said on stderr is not said.
  private static func write(_ text: String, to descriptor: Int32) {
    var left = ArraySlice(text.utf8)
    while !left.isEmpty {
      let count = left.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        left = left.dropFirst(count)
      } else if errno != EINTR {
        guard descriptor == STDOUT_FILENO else { return }
        let isClosed = errno == EPIPE
        if !isClosed {
          let reason = lastSystemError()
          write("error: standard output cannot be written: \(reason)\n", to: STDERR_FILENO)
        }
        Foundation.exit(isClosed ? 0 : ExitStatus.cannotCreate.rawValue)
      }
    }
  }
}
