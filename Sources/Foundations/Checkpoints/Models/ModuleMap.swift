/// Names of modules in one layout and their names in another, with what they are called inside.
struct ModuleMap {
  enum Inner {
    /// The names inside are the same in both layouts.
    case same
    /// Names inside by their old names; a dot-separated part before `weight` or `bias`.
    case renamed([String: String])
  }

  private var modules: [String: (new: String, inner: Inner)] = [:]

  mutating func add(_ old: String, _ new: String, inner: Inner = .same) {
    modules[old] = (new, inner)
  }

  /// The new name of a tensor, or nil where no module holds it.
  func rename(_ name: String) -> String? {
    // The deepest module that is known: `input_blocks.3.0.op` before `input_blocks.3.0`.
    var end = name.lastIndex(of: ".")
    while let dot = end {
      if let module = modules[String(name[..<dot])] {
        let rest = String(name[name.index(after: dot)...])
        switch module.inner {
        case .same: return "\(module.new).\(rest)"
        case .renamed(let table):
          guard let leaf = rest.lastIndex(of: "."), let new = table[String(rest[..<leaf])] else {
            return nil
          }
          return "\(module.new).\(new)\(rest[leaf...])"
        }
      }
      end = name[..<dot].lastIndex(of: ".")
    }
    return nil
  }
}
