import Diagnostics

/// What can be wrong with the files of a tokenizer.
public enum TokenizerError: PersonFacingError, Equatable {
  case vocabulary(file: String, expected: String, found: String)
  case merge(file: String, line: Int, expected: String, found: String)
  case unknownToken(String, vocabularyCount: Int)

  public var exitStatus: ExitStatus { .badData }

  public var description: String {
    switch self {
    case .vocabulary(let file, let expected, let found):
      "\(file): expected \(expected), found \(found)"
    case .merge(let file, let line, let expected, let found):
      "\(file), line \(line): expected \(expected), found \(found)"
    case .unknownToken(let token, let count):
      "the token \(token) is not among the \(count) of the vocabulary"
    }
  }
}
