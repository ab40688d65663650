/// A value in a pickle. Containers hold the indices of their elements in the pickle's own table, so
/// that a value that occurs in many places, or in itself, costs nothing more.
enum PickleValue {
  typealias Index = Int

  case none
  case bool(Bool)
  case integer(Int)
  /// An integer beyond 64 bits: its bytes, little-endian.
  case longInteger([UInt8])
  case number(Double)
  case text(String)
  case bytes
  case list([Index])
  case tuple([Index])
  /// Keys and values in turn.
  case dictionary([Index])
  /// A dictionary from a list of its keys and values, as Python 2 wrote an ordered one.
  case pairs(Index)
  case global(TorchGlobal)
  indirect case storage(TorchStorage)
  indirect case tensor(TorchTensor)
  /// A tensor whose kind or number format is not read here: a word for it.
  case otherTensor(String)
  /// Something that is neither needed nor made; see `TorchGlobal.inert`.
  case inert

  /// Whether it is a tensor, readable or not.
  var isTensor: Bool {
    switch self {
    case .tensor, .otherTensor: true
    default: false
    }
  }

  /// A word for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a bool"
    case .integer, .longInteger: "an integer"
    case .number: "a float"
    case .text: "a string"
    case .bytes: "bytes"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary, .pairs: "a dictionary"
    case .global: "a class"
    case .storage: "a storage"
    case .tensor, .otherTensor: "a tensor"
    case .inert: "an object"
    }
  }
}

/// A run of numbers in a checkpoint, by key.
struct TorchStorage: Equatable {
  let key: String
  let type: TorchStorageType
  /// The number of elements.
  let count: Int
  /// Where it begins in the stored run, in elements; not 0 only for views in old files.
  var offset = 0
}

/// A strided view of a storage.
struct TorchTensor: Equatable {
  let storage: TorchStorage
  let type: ElementType
  /// In elements from the storage's beginning.
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}
