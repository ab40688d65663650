import ArgumentParser
import Diagnostics
import Foundation

/// A command beside the inspectors that prints numbers or writes one file, without a page. Its
/// errors are told and its statuses chosen as those of an inspector.
public protocol ToolCommand: ParsableCommand {
  /// Does the work.
  /// - Throws: `PersonFacingError` for what a person can mend.
  func work() throws
}

extension ToolCommand {
  /// What `main.swift` calls: runs the command of this process and ends it with the exit status.
  public static func start() -> Never {
    standOnFirmGround()
    do {
      let command = try parse()
      try Overflows.refused { try command.work() }
    } catch {
      Foundation.exit(report(error, to: .standard()))
    }
    Foundation.exit(0)
  }
}
