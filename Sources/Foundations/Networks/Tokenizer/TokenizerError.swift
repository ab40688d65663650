import Diagnostics

/// What can be wrong with the files of a tokenizer.
public enum TokenizerError: PersonFacingError, Equatable {
  /// A vocabulary file that is no list of tokens and ids.
  case vocabulary(file: String, expected: String, found: String)
  /// A line of the merges file, counted from 1, that is no merge of two known symbols.
  case merge(file: String, line: Int, expected: String, found: String)
  /// A token that is needed and that the vocabulary does not hold.
  case unknownToken(String, vocabularyCount: Int)
  /// A word to be learned that is a token already.
  case known(String)

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// The file, what was expected and what was found, in one line.
  public var description: String {
    switch self {
    case .vocabulary(let file, let expected, let found):
      "\(file): expected \(expected), found \(found)"
    case .merge(let file, let line, let expected, let found):
      "\(file), line \(line): expected \(expected), found \(found)"
    case .unknownToken(let token, let count):
      "the token \(token) is not among the \(count) of the vocabulary"
    case .known(let word): "the tokenizer knows the word \(word.quoted) already"
    }
  }
}
