import Diagnostics

/// What can be wrong with a learned word, by itself or for the model that shall know it.
public enum LearnedWordError: PersonFacingError, Equatable {
  /// A folder without the file of a word.
  case emptyFolder(path: String, expected: [String])
  /// A word for the two text encoders of Stable Diffusion XL.
  case otherModel(file: String, tensor: String)
  /// Not one tensor but several.
  case several(file: String, tensors: [String])
  /// A tensor that is no vector, or a list of none.
  case noVector(file: String, tensor: String, shape: [Int])
  /// Vectors of another width than the text encoder has.
  case width(file: String, word: String, expected: Int, found: Int)
  /// A word that the tokenizer knows already.
  case known(file: String, word: String)
  /// A name that no prompt can contain.
  case name(file: String, word: String)
  /// More vectors than a prompt has places.
  case room(file: String, word: String, vectors: Int, places: Int)

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// The file, what was expected, what was found and what to do, in one line.
  public var description: String {
    switch self {
    case .emptyFolder(let path, let expected):
      "\(path): holds no learned word: expected \(expected.joined(separator: " or "))"
    case .otherModel(let file, let tensor):
      "\(file): tensor \(tensor.quoted): this word is for the two text encoders of Stable Diffusion "
        + "XL; expected one for Stable Diffusion v1"
    case .several(let file, let tensors):
      "\(file): expected the vectors of one learned word, found \(tensors.count) tensors: "
        + tensors.prefix(3).map(\.quoted).joined(separator: ", ") + (tensors.count > 3 ? ", …" : "")
    case .noVector(let file, let tensor, let shape):
      "\(file): tensor \(tensor.quoted): expected vectors for a word, found shape \(shape)"
    case .width(let file, let word, let expected, let found):
      "\(file): the word \(word.quoted) has vectors of \(found) numbers\(Self.model(of: found)); "
        + "this model's text encoder has \(expected)\(Self.model(of: expected))"
    case .known(let file, let word):
      "\(file): the tokenizer knows the word \(word.quoted) already; give it another name: "
        + "FILE=TOKEN"
    case .name(let file, let word):
      "\(file): no prompt contains the word \(word.quoted); give it a name: FILE=TOKEN"
    case .room(let file, let word, let vectors, let places):
      "\(file): the word \(word.quoted) has \(vectors) vectors, and a prompt of this model has "
        + "\(places) places"
    }
  }

  private static func model(of width: Int) -> String {
    [768: ", as of v1", 1024: ", as of v2", 1280: ", as of XL"][width] ?? ""
  }
}
