import Foundation

/// How a command ends when it cannot do its work: the statuses of BSD's `sysexits.h`.
public enum ExitStatus: Int32, Sendable {
  /// An option or argument that makes no sense.
  case usage = 64
  /// An input that is there but is damaged, hostile or of the wrong kind.
  case badData = 65
  /// An input that is not there or may not be read.
  case missingInput = 66
  /// What a page claims to be equal is not: the results are there, and not to be trusted.
  case brokenIdentity = 70
  /// An output that cannot be written.
  case cannotCreate = 73
  /// Somebody asked the work to stop before there was anything to show: 128 + SIGINT, as for any process.
  case interrupted = 130
}

/// An error that a person caused or can mend: one line that names the file or the parameter, what was
/// expected and what was found. Parameters stand in backquotes; a command spells them as its options.
public protocol PersonFacingError: Error, CustomStringConvertible, Sendable {
  /// The status that a command ends with because of it.
  var exitStatus: ExitStatus { get }
}

/// An error that names a file, which is made under another name than the one that it is to have.
public protocol FileNamingError: PersonFacingError {
  /// The same with its file's path changed; itself where it names no file that is written.
  func renamingFile(_ rename: (String) -> String) -> Self
}

extension FileError: FileNamingError {
  /// The same with the path of what cannot be written changed.
  public func renamingFile(_ rename: (String) -> String) -> FileError {
    guard case .notWritable(let path, let reason) = self else { return self }
    return .notWritable(path: rename(path), reason: reason)
  }
}

/// What can be wrong with a file before anything in it is understood.
public enum FileError: PersonFacingError, Equatable {
  /// There is no file or folder of that path.
  case missing(path: String)
  /// A folder where a file was expected; `expected` says which kind of file, in words.
  case isFolder(path: String, expected: String)
  /// The file is there, and the system does not let it be read.
  case notReadable(path: String, reason: String)
  /// There are no bytes to read; `expected` says which kind of file it should be, in words.
  case empty(path: String, expected: String)
  /// More bytes than will be read.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// The system, or what is there already, does not let the file or folder be written.
  case notWritable(path: String, reason: String)

  /// Which status a command ends with, by case.
  public var exitStatus: ExitStatus {
    switch self {
    case .missing, .isFolder, .notReadable: .missingInput
    case .empty, .tooLarge: .badData
    case .notWritable: .cannotCreate
    }
  }

  /// What is wrong in one line: where, what was expected, what was found.
  public var description: String {
    switch self {
    case .missing(let path): "\(path): no such file or folder"
    case .isFolder(let path, let expected): "\(path): expected \(expected), found a folder"
    case .notReadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .empty(let path, let expected): "\(path): expected \(expected), found an empty file"
    case .tooLarge(let path, let bytes, let limit):
      "\(path): \(bytes) bytes, more than the limit of \(limit)"
    case .notWritable(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }
}

/// The system's own words for the error that the last call met, in lower case.
package func lastSystemError() -> String { String(cString: strerror(errno)).lowercased() }
