import Diagnostics
import JSON

/// What can be wrong with a checkpoint or a model folder; of their JSON files `JSONError` speaks.
public enum CheckpointError: PersonFacingError, Equatable {
  /// The file breaks the rules of its own format.
  case damaged(file: String, part: String, reason: String)
  /// The beginning of a file, as a download leaves that was broken off.
  case incomplete(file: String, reason: String)
  /// The file is of a kind that is not read here.
  case unsupported(file: String, reason: String)
  /// Numbers stored in a format that is not read here.
  case unsupportedType(file: String, tensor: String, type: String)
  /// A weight that is stored as whole numbers or truth values, as quantisation leaves them.
  case notFloatingPoint(file: String, name: String, type: ElementType)
  /// A tensor that the network needs is not there; `expected` is its shape where that is known.
  case missingTensor(file: String, name: String, expected: [Int]?)
  /// A tensor that has no place in the network.
  case unexpectedTensor(file: String, name: String, shape: [Int])
  /// A tensor is there in another shape than the network needs.
  case shapeMismatch(file: String, name: String, expected: [Int], actual: [Int])
  /// A weight that is NaN or infinite, as merging or saving in half precision can leave it.
  case notFinite(file: String, network: String, name: String)
  /// A value that the number format of the output cannot hold.
  case valueOutOfRange(file: String, name: String, type: String)
  /// A pickle asks for something that tensors do not need; nothing was run.
  case refusedGlobal(file: String, name: String)
  /// A class of diffusers or transformers that is not read here; `expected` lists those that would
  /// be.
  case unknownModelClass(file: String, name: String, expected: [String])

  /// Bad data, 65; an output that cannot be written, 73, for a value that its numbers cannot hold.
  public var exitStatus: ExitStatus {
    if case .valueOutOfRange = self { return .cannotCreate }
    return .badData
  }

  /// What is wrong in one line: which file, where in it, what was expected, what was found.
  public var description: String {
    switch self {
    case .damaged(let file, let part, let reason): "\(file): damaged file: \(part): \(reason)"
    case .incomplete(let file, let reason):
      "\(file): only a part of the file is here: \(reason); download it again"
    case .unsupported(let file, let reason): "\(file): \(reason)"
    case .unsupportedType(let file, let tensor, let type):
      "\(file): tensor \(tensor.quoted): numbers of type \(type.quoted) are not read here"
    case .notFloatingPoint(let file, let name, let type):
      "\(file): tensor \(name.quoted): expected floating-point numbers, found \(type.rawValue); "
        + "take the same model in float32, float16 or bfloat16"
        + (type == .uint8 ? " (mlx saves numbers of type F8_E4M3 as U8)" : "")
    case .missingTensor(let file, let name, let expected):
      "\(file): tensor \(name.quoted) is missing"
        + (expected.map { "; expected it with shape \($0)" } ?? "")
    case .unexpectedTensor(let file, let name, let shape):
      "\(file): unexpected tensor \(name.quoted) with shape \(shape.abridged)"
    case .shapeMismatch(let file, let name, let expected, let actual):
      "\(file): tensor \(name.quoted): expected shape \(expected), found \(actual.abridged)"
    case .notFinite(let file, let network, let name):
      "\(file): \(network): tensor \(name.quoted) holds a number that is not finite (NaN or infinite)"
    case .valueOutOfRange(let file, let name, let type):
      "\(file): tensor \(name.quoted) holds a value too large for \(type)"
    case .refusedGlobal(let file, let name):
      "\(file): the pickle asks for \(name.quoted), which is not needed for tensors; refused, "
        + "and nothing in the file was run"
    case .unknownModelClass(let file, let name, let expected):
      "\(file): unknown model class \(name.quoted); expected "
        + expected.joined(separator: " or ")
    }
  }
}

extension CheckpointError: FileNamingError {
  /// The same with the path of the file that cannot hold a value changed.
  public func renamingFile(_ rename: (String) -> String) -> CheckpointError {
    guard case .valueOutOfRange(let file, let name, let type) = self else { return self }
    return .valueOutOfRange(file: rename(file), name: name, type: type)
  }
}

extension [Int] {
  /// A shape from a file, fit for one line of a message.
  fileprivate var abridged: String {
    count <= 8 ? description : "[\(prefix(8).map(String.init).joined(separator: ", ")), …]"
  }
}
