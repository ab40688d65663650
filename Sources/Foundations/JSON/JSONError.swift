import Diagnostics

/// What can be wrong with a JSON file or with a value in it.
public enum JSONError: PersonFacingError, Equatable {
  /// The text is no JSON; `part` says which byte gave it away.
  case damaged(file: String, part: String, reason: String)
  /// A value that is missing (`found` is nil), of the wrong kind, or out of range; `key` is its place
  /// within the file, as in `block_out_channels[2]`, and empty for the whole.
  case unexpected(file: String, key: String, expected: String, found: String?)

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// What is wrong in one line: which file, where in it, what was expected, what was found.
  public var description: String {
    switch self {
    case .damaged(let file, let part, let reason): "\(file): damaged file: \(part): \(reason)"
    case .unexpected(let file, let key, let expected, let found):
      "\(file): \(key.isEmpty ? "" : key.abridged + ": ")expected \(expected), "
        + (found.map { "found \($0)" } ?? "but it is missing")
    }
  }
}
