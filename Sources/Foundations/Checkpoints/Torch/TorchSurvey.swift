import Diagnostics

/// What a PyTorch file holds besides the tensors that a network needs.
package struct TorchSurvey: Sendable {
  /// What its pickles ask for.
  package var pickle = PickleSurvey()
  /// What it keeps beside its tensors, as paths of keys and values in words: `epoch`, `12`.
  package var beside: [(key: String, value: String)] = []
  /// Whether there is more of this than is listed.
  package var hasMoreBeside = false
}

extension PickleMachine {
  /// Every tensor below a value, under the keys that lead to it with dots between, and what lies beside
  /// them. Each container is visited once, whatever refers to it.
  func contents(
    below root: Index
  ) -> (tensors: [String: TorchTensor], others: [String: String], survey: TorchSurvey) {
    var tensors: [String: TorchTensor] = [:]
    var others: [String: String] = [:]
    var found = TorchSurvey()
    var visited: Set<Index> = []
    var waiting: [(index: Index, path: String, depth: Int)] = [(root, "", 0)]
    var spent = 0
    while let (index, path, depth) = waiting.popLast() {
      let name = path.hasPrefix(Self.wrapper) ? String(path.dropFirst(Self.wrapper.count)) : path
      switch values[index] {
      case .tensor(let tensor):
        tensors[tensors[name] == nil ? name : path] = tensor
      case .otherTensor(let kind): others[name] = kind
      case .dictionary, .pairs, .list, .tuple:
        guard depth < Self.deepest, visited.insert(index).inserted else { continue }
        guard let items = items(of: index) else {
          note(path, words(for: index, depth: 1), in: &found)
          continue
        }
        for (key, item) in items.reversed() {
          spent += path.utf8.count + key.utf8.count
          guard spent < Self.longestPaths else {
            found.hasMoreBeside = true
            break
          }
          waiting.append((item, path.isEmpty ? key : "\(path).\(key)", depth + 1))
        }
      case .inert, .global, .storage, .bytes, .longInteger: continue
      default: note(path, words(for: index, depth: 0), in: &found)
      }
    }
    return (tensors, others, found)
  }

  /// In which PyTorch Lightning keeps the weights; their names go without it.
  private static let wrapper = "state_dict."
  private static let deepest = 12
  private static let mostBeside = 300
  /// Bytes of all paths together; those of Stable Diffusion v1 with its optimiser take 200,000.
  private static let longestPaths = 32 << 20

  private func note(_ key: String, _ words: String, in found: inout TorchSurvey) {
    guard found.beside.count < Self.mostBeside else { return found.hasMoreBeside = true }
    found.beside.append((key.isEmpty ? "the whole file" : key.abridged, words))
  }

  /// What a container holds by key; nil for a list of plain values, which is shown as one.
  private func items(of index: Index) -> [(key: String, value: Index)]? {
    switch values[index] {
    case .dictionary(let items):
      return stride(from: 0, to: items.count, by: 2).map { (key(items[$0]), items[$0 + 1]) }
    case .pairs(let list):
      guard case .list(let pairs) = values[list] else { return [] }
      return pairs.compactMap { pair in
        switch values[pair] {
        case .list(let parts), .tuple(let parts):
          parts.count == 2 ? (key(parts[0]), parts[1]) : nil
        default: nil
        }
      }
    case .list(let items), .tuple(let items):
      guard items.contains(where: isContainer) else { return nil }
      return items.enumerated().map { (String($0.offset), $0.element) }
    default: return nil
    }
  }

  private func key(_ index: Index) -> String {
    switch values[index] {
    case .text(let text): text
    case .integer(let number): String(number)
    default: values[index].kind
    }
  }

  private func isContainer(_ index: Index) -> Bool {
    switch values[index] {
    case .dictionary, .pairs, .list, .tuple, .tensor, .otherTensor: true
    default: false
    }
  }
}
