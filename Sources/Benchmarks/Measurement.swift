import Diagnostics
import Foundation

/// What one run of a command cost, from the operating system's own account of it.
package struct Measurement {
  package let seconds: Double
  /// The largest resident set, in mebibytes.
  package let peakMegabytes: Double
  /// As a shell tells it: 128 and the signal's number where a signal ended the command.
  package let status: Int32
  package let output: String

  package init(seconds: Double, peakMegabytes: Double, status: Int32, output: String) {
    (self.seconds, self.peakMegabytes) = (seconds, peakMegabytes)
    (self.status, self.output) = (status, output)
  }

  /// Runs a command to its end and measures it. Its error stream passes through.
  package static func run(_ command: [String]) throws -> Measurement {
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
      peakMegabytes: Double(usage.ru_maxrss) / 1024,
      status: status & 0x7f == 0 ? status >> 8 : 128 + (status & 0x7f),
      output: String(decoding: output, as: UTF8.self))
  }

  /// Runs a command that must end well.
  /// - Throws: `BenchmarkError`.
  @discardableResult
  package static func succeed(_ command: [String]) throws -> Measurement {
    let run = try run(command)
    guard run.status == 0 else {
      throw BenchmarkError.failed(command: command.joined(separator: " "), status: run.status)
    }
    return run
  }

  /// The numbers of each line of the output that begins with `label`.
  package func numbers(_ label: String) -> [[Double]] {
    output.split(separator: "\n").filter { $0.hasPrefix(label + " ") }.map { line in
      line.dropFirst(label.count + 1).split(separator: " ").compactMap { Double($0) }
    }
  }

  /// The seconds that the command says its work took, or else those of the whole run. Of several
  /// passes the first warmed up, and the shortest of the others counts.
  package func work(_ label: String) -> Double {
    let times = numbers(label).compactMap(\.first)
    return times.dropFirst().min() ?? times.first ?? seconds
  }
}

package enum BenchmarkError: PersonFacingError {
  case cannotStart(command: String, reason: String)
  case failed(command: String, status: Int32)

  package var exitStatus: ExitStatus { .missingInput }

  package var description: String {
    switch self {
    case .cannotStart(let command, let reason): "\(command): cannot be started: \(reason)"
    case .failed(let command, let status): "\(command): ended with status \(status)"
    }
  }
}

extension [Double] {
  /// The middle value, or the mean of the two in the middle.
  package var median: Double {
    let sorted = sorted()
    guard let last = sorted.last else { return .nan }
    let middle = count / 2
    return count % 2 == 1
      ? sorted[middle] : count == 0 ? last : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
