/// What a pickle asks for by name: what an ordinary unpickler would import, and call, while it loads
/// the file.
package struct PickleSurvey: Sendable {
  /// One name of the pickle.
  package struct Global: Sendable, Equatable {
    /// Module and name: `torch._utils._rebuild_tensor_v2`.
    package let name: String
    /// What it is for where tensors need it, or checkpoints are known to hold it; nil for any other.
    package let meaning: String?
    /// How often it is named.
    package fileprivate(set) var mentions = 0
    /// How often it would be called.
    package fileprivate(set) var calls = 0
    /// What the first call would hand it, of a name that is not known.
    package fileprivate(set) var arguments: String?

    /// Whether an ordinary unpickler would be told to run what tensors do not need.
    package var isUnknown: Bool { meaning == nil }
  }

  /// In the order in which they are first named; those beyond the limit are counted only.
  package private(set) var globals: [Global] = []
  /// How many different names there are beyond those listed.
  package private(set) var unlisted = 0
  /// Why the pickle could not be followed to its end; nil where it could.
  package var stop: String?
  private var places: [String: Int] = [:]
  /// Which of `globals` a value of the pickle stands for.
  private var placeOfValue: [Int: Int] = [:]

  /// More names than any honest checkpoint has.
  private static let most = 1_000

  /// A survey of nothing yet.
  package init() {}

  /// Whether some name is not one that tensors need.
  package var hasUnknown: Bool { unlisted > 0 || globals.contains(where: \.isUnknown) }

  mutating func note(_ name: String, known: TorchGlobal?, at value: Int) {
    let place: Int
    if let known = places[name] {
      place = known
    } else if globals.count < Self.most {
      place = globals.count
      globals.append(Global(name: name, meaning: known?.meaning))
      places[name] = place
    } else {
      unlisted += 1
      return
    }
    globals[place].mentions += 1
    placeOfValue[value] = place
  }

  /// Whether a value is a name that is not known and whose call was not yet noted.
  func isUnheard(_ value: Int) -> Bool {
    placeOfValue[value].map { globals[$0].isUnknown && globals[$0].calls == 0 } ?? false
  }

  mutating func count(_ value: Int) {
    if let place = placeOfValue[value] { globals[place].calls += 1 }
  }

  mutating func note(callOf value: Int, _ arguments: [String]) {
    count(value)
    if let place = placeOfValue[value] {
      globals[place].arguments = "(\(arguments.joined(separator: ", ")))"
    }
  }

  /// Another pickle of the same file has values of its own.
  mutating func beginPickle() { placeOfValue = [:] }
}

extension TorchGlobal {
  /// What a name is for, in words.
  fileprivate var meaning: String {
    switch self {
    case .orderedDictionary: "makes a dictionary that keeps its order, as of weights"
    case .rebuildTensor, .rebuildTensorOfType, .rebuildFromType:
      "puts a tensor together from its bytes, shape and strides"
    case .rebuildParameter: "hands on a tensor as a parameter"
    case .rebuildOther(let kind): "makes a tensor of another kind (\(kind)), which is not read here"
    case .storage: "names the number format of a run of bytes"
    case .numberFormat: "names a number format"
    case .inert: "lies beside the weights in files of trainers; not needed, and never made here"
    }
  }
}
