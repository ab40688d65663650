import Dispatch
import Foundation
import Synchronization

/// The progress line on stderr: `x_t  7 of 11  about 12 s left`.
///
/// It appears when a stage has taken two seconds, or looks as if it would; only on a terminal.
final class Progress: Sendable {
  struct Stage {
    var name: String
    var total: Int
    var done = 0
    let start: ContinuousClock.Instant
    var isShown = false
  }

  private let console: Console
  private let stage = Mutex<Stage?>(nil)
  /// Shows the line a few times a second; nil where nothing is shown.
  nonisolated(unsafe) private let timer: (any DispatchSourceTimer)?

  init(console: Console, quiet: Bool) {
    self.console = console
    let isOn = console.showsProgress && !quiet
    timer = isOn ? DispatchSource.makeTimerSource(queue: .global(qos: .utility)) : nil
    timer?.setEventHandler { [weak self] in self?.show() }
    timer?.schedule(deadline: .now() + 0.5, repeating: 0.2)
    timer?.resume()
  }

  deinit { timer?.cancel() }

  func begin(_ name: String, total: Int) {
    stage.withLock { $0 = Stage(name: name, total: total, start: .now) }
  }

  func advance() { stage.withLock { $0?.done += 1 } }

  func end() {
    stage.withLock { stage in
      if stage?.isShown == true { console.printError("\r\u{1B}[K") }
      stage = nil
    }
  }

  /// Prints a line where the progress line stands, which comes back below it.
  func interrupt(with line: String) {
    stage.withLock { stage in
      console.printError((stage?.isShown == true ? "\r\u{1B}[K" : "") + line)
    }
  }

  private func show() {
    stage.withLock { stage in
      guard var current = stage else { return }
      let elapsed = (ContinuousClock.now - current.start) / .seconds(1)
      guard let line = Self.line(current, after: elapsed) else { return }
      console.printError("\r\u{1B}[K" + line)
      current.isShown = true
      stage = current
    }
  }

  /// The line after so many seconds; nil for work that is short.
  static func line(_ stage: Stage, after elapsed: Double) -> String? {
    let share = stage.total > 0 ? Double(stage.done) / Double(stage.total) : 0
    let expected = share > 0 ? elapsed / share : elapsed
    guard max(expected, elapsed) >= 2 else { return nil }
    var line = stage.name
    if stage.total > 0 { line += "  \(stage.done) of \(stage.total)" }
    if share > 0 { line += "  about \(duration(expected - elapsed)) left" }
    return line
  }

  private static func duration(_ seconds: Double) -> String {
    let seconds = Int(max(seconds, 0).rounded(.up))
    return seconds < 90 ? "\(seconds) s" : "\((seconds + 59) / 60) min"
  }
}
