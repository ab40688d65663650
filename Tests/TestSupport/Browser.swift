import Foundation
import Synchronization

/// Why a page could not be tested in a browser.
public enum BrowserError: Error, CustomStringConvertible {
  case notInstalled
  case cannotStart(String)
  case noAnswer(String)
  case refused(String)
  case exception(String)

  public var description: String {
    switch self {
    case .notInstalled:
      "no Chromium in PATH (`make test` installs Debian's package chromium): pages are not tested"
    case .cannotStart(let reason): "Chromium does not start: \(reason)"
    case .noAnswer(let what): "Chromium does not answer: \(what)"
    case .refused(let reason): "Chromium refuses: \(reason)"
    case .exception(let text): "the page's script throws: \(text)"
    }
  }
}

/// One headless Chromium for the whole test process, driven by the DevTools protocol over two pipes:
/// JSON messages, each ended by a zero byte. Every page has a context of its own, so that tests may
/// run in parallel. It ends with the process: at exit by signal, after a crash because its pipe
/// closes.
final class Browser: Sendable {
  private let toBrowser: Int32
  private let sendLock = Mutex<Int>(0)
  private let inbox = Inbox()

  private static let only = Mutex<Result<Browser, BrowserError>?>(nil)

  /// Starts the browser when it is first asked for.
  static func shared() throws -> Browser {
    try only.withLock { only in
      let result = only ?? Result { () throws(BrowserError) in try Browser() }
      only = result
      return try result.get()
    }
  }

  private init() throws(BrowserError) {
    guard let executable = Self.executable() else { throw .notInstalled }
    let profile = FileManager.default.temporaryDirectory
      .appendingPathComponent("inspector-browser-\(UUID().uuidString)").path
    let (commands, answers) = (try Self.pipe(), try Self.pipe())
    let child = try Self.spawn(
      executable, Self.arguments(profile: profile), input: commands.read, output: answers.write)
    close(commands.read)
    close(answers.write)
    toBrowser = commands.write
    Self.atExit(endProcess: child, remove: profile)
    let inbox = inbox
    let from = answers.read
    Thread.detachNewThread { inbox.read(from) }
  }

  // MARK: Talking

  /// Sends a command and waits for its answer.
  /// - Returns: the whole message, `{"id": …, "result": …}`.
  func call(_ method: String, _ parameters: [String: Any] = [:], session: String? = nil) throws
    -> Data
  {
    let id = try sendLock.withLock { last in
      last += 1
      var message: [String: Any] = ["id": last, "method": method, "params": parameters]
      message["sessionId"] = session
      try write(try JSONSerialization.data(withJSONObject: message) + [0])
      return last
    }
    guard let answer = inbox.wait(for: id) else { throw BrowserError.noAnswer(method) }
    if let error = try JSONDecoder().decode(Envelope.self, from: answer).error {
      throw BrowserError.refused("\(method): \(error.message)")
    }
    return answer
  }

  /// The events of a session so far.
  func events(of session: String) -> [Event] { inbox.events(of: session) }

  private func write(_ data: Data) throws {
    try data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress
        let count = Foundation.write(toBrowser, start, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw BrowserError.noAnswer("the pipe is closed") }
        rest = rest.dropFirst(count)
      }
    }
  }

  struct Event: Sendable {
    var method: String
    var message: Data
  }

  fileprivate struct Envelope: Decodable {
    struct Failure: Decodable { var message: String }
    var id: Int?
    var method: String?
    var sessionId: String?
    var error: Failure?
  }
}

// MARK: - Messages from the browser

/// Sorts what arrives: answers by the number of their command, events by session.
private final class Inbox: @unchecked Sendable {
  private let condition = NSCondition()
  private var answers: [Int: Data] = [:]
  private var events: [String: [Browser.Event]] = [:]
  private var isClosed = false

  func read(_ file: Int32) {
    var pending = Data()
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(file, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      var rest = piece[..<count]
      while let end = rest.firstIndex(of: 0) {
        sort(pending + rest[..<end])
        pending = Data()
        rest = rest[(end + 1)...]
      }
      pending += rest
    }
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }

  private func sort(_ message: Data) {
    guard let envelope = try? JSONDecoder().decode(Browser.Envelope.self, from: message) else {
      return
    }
    condition.withLock {
      if let id = envelope.id {
        answers[id] = message
      } else if let method = envelope.method, let session = envelope.sessionId {
        events[session, default: []].append(Browser.Event(method: method, message: message))
      }
      condition.broadcast()
    }
  }

  /// Nil when the browser is gone or takes more than three minutes.
  func wait(for id: Int) -> Data? {
    let end = Date(timeIntervalSinceNow: 180)
    return condition.withLock {
      while answers[id] == nil && !isClosed {
        guard condition.wait(until: end) else { break }
      }
      return answers.removeValue(forKey: id)
    }
  }

  func events(of session: String) -> [Browser.Event] {
    condition.withLock { events[session] ?? [] }
  }
}

// MARK: - The process

extension Browser {
  private static func executable() -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"]
    return names.lazy.flatMap { name in folders.lazy.map { "\($0)/\(name)" } }
      .first { access($0, X_OK) == 0 }
  }

  private static func arguments(profile: String) -> [String] {
    [
      "--headless=new", "--remote-debugging-pipe", "--user-data-dir=\(profile)", "--no-first-run",
      "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
      "--disable-extensions", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb",
      "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
      "--disable-backgrounding-occluded-windows",
    ] + (getuid() == 0 ? ["--no-sandbox"] : [])
  }

  /// A pipe that no other child inherits, clear of the numbers that the browser expects.
  private static func pipe() throws(BrowserError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard Foundation.pipe(&ends) == 0 else { throw .cannotStart("no pipe") }
    let high = ends.map { end in
      defer { close(end) }
      return fcntl(end, F_DUPFD_CLOEXEC, 10)
    }
    guard high.allSatisfy({ $0 >= 0 }) else { throw .cannotStart("no pipe") }
    return (high[0], high[1])
  }

  /// Starts `executable` as the leader of a process group, with `input` as its descriptor 3 and
  /// `output` as 4.
  private static func spawn(
    _ executable: String, _ arguments: [String], input: Int32, output: Int32
  ) throws(BrowserError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for descriptor in [0, 1, 2] as [Int32] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, input, 3)
    posix_spawn_file_actions_adddup2(&actions, output, 4)
    // Nothing else: a pipe of another test, kept open by the browser, would never end for its reader.
    _ = closeFrom?(&actions, 5)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var argv = ([executable] + arguments).map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var child = pid_t()
    let status = posix_spawn(&child, executable, &actions, &attributes, &argv, environ)
    guard status == 0 else { throw .cannotStart(String(cString: strerror(status))) }
    return child
  }

  /// `posix_spawn_file_actions_addclosefrom_np`, which glibc's headers show to GNU programs only.
  private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
    unsafeBitCast(
      $0,
      to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32).self)
  }

  private static let atExitWork = Mutex<(process: pid_t, folder: String)?>(nil)

  private static func atExit(endProcess process: pid_t, remove folder: String) {
    atExitWork.withLock { $0 = (process, folder) }
    atexit {
      guard let (process, folder) = Browser.atExitWork.withLock({ $0 }) else { return }
      kill(-process, SIGKILL)
      waitpid(process, nil, 0)
      try? FileManager.default.removeItem(atPath: folder)
    }
  }
}
