import Diagnostics
import Foundation

/// What one run of a command cost, from the operating system's own account of it.
struct Measurement {
  let seconds: Double
  /// The largest resident set, in mebibytes.
  let peakMegabytes: Double
  let status: Int32
  let output: String

  /// Runs a command to its end and measures it. Its error stream passes through.
  static func run(_ command: [String]) throws -> Measurement {
    let pipe = Pipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipe.fileHandleForWriting.fileDescriptor, 1)
    posix_spawn_file_actions_addclose(&actions, pipe.fileHandleForReading.fileDescriptor)

    let arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let start = ContinuousClock.now
    let failure = posix_spawnp(&pid, command[0], &actions, nil, arguments, environ)
    try pipe.fileHandleForWriting.close()
    guard failure == 0 else {
      throw BenchmarkError.cannotStart(
        command: command[0], reason: String(cString: strerror(failure)))
    }
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    var (status, usage): (Int32, rusage) = (0, rusage())
    while wait4(pid, &status, 0, &usage) < 0 && errno == EINTR {}
    return Measurement(
      seconds: (ContinuousClock.now - start) / .seconds(1),
      peakMegabytes: Double(usage.ru_maxrss) / 1024, status: status,
      output: String(decoding: output, as: UTF8.self))
  }

  /// The number after `label` at the start of a line of the output.
  func reported(_ label: String) -> Double? {
    output.split(separator: "\n").lazy
      .filter { $0.hasPrefix(label + " ") }
      .compactMap { Double($0.dropFirst(label.count + 1)) }.first
  }
}

enum BenchmarkError: PersonFacingError {
  case cannotStart(command: String, reason: String)
  case failed(command: String, status: Int32)

  var exitStatus: ExitStatus { .missingInput }

  var description: String {
    switch self {
    case .cannotStart(let command, let reason): "\(command): cannot be started: \(reason)"
    case .failed(let command, let status): "\(command): ended with status \(status)"
    }
  }
}

extension [Double] {
  /// The middle value, or the mean of the two in the middle.
  var median: Double {
    let sorted = sorted()
    guard let last = sorted.last else { return .nan }
    let middle = count / 2
    return count % 2 == 1
      ? sorted[middle] : count == 0 ? last : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
