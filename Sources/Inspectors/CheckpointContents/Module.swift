import Checkpoints
import Foundation

/// Modules within modules, as the names of tensors tell them: `unet/down_blocks.0.resnets.1`.
package struct Module: Sendable {
  /// The last part of the path; of modules with one child alone, their parts with dots between.
  package let name: String
  /// All parts; empty for the whole.
  package let path: String
  /// Places of the tensors that lie in it directly.
  package let tensors: [Int]
  /// In the order of the tensors.
  package let children: [Module]
  /// Numbers in it and below.
  package let parameters: Int
  /// Tensors in it and below.
  package let tensorCount: Int

  /// More parts than this are one.
  private static let deepest = 9

  /// - Parameters:
  ///   - names: of all tensors, those of one module together.
  ///   - counts: the numbers in each.
  package init(names: [String], counts: [Int]) {
    let parts = names.map { Self.parts(of: $0) }
    self.init(name: "", path: "", depth: 0, Array(names.indices), parts, counts)
  }

  private init(
    name: String, path: String, depth: Int, _ members: [Int], _ parts: [[Part]], _ counts: [Int]
  ) {
    var direct: [Int] = []
    var order: [Part] = []
    var groups: [Part: [Int]] = [:]
    for member in members {
      guard parts[member].count > depth + 1 else {
        direct.append(member)
        continue
      }
      let part = parts[member][depth]
      if groups[part] == nil { order.append(part) }
      groups[part, default: []].append(member)
    }
    let children = order.map { part in
      Module(
        name: part.name, path: path + part.separator + part.name, depth: depth + 1,
        groups[part] ?? [], parts, counts)
    }
    if direct.isEmpty, children.count == 1, depth > 0 {
      // A module that holds one other says nothing by itself.
      let only = children[0]
      self.init(
        name: name + only.separator(after: path) + only.name, path: only.path,
        tensors: only.tensors, children: only.children, only.parameters, only.tensorCount)
    } else {
      self.init(
        name: name, path: path, tensors: direct, children: children,
        members.reduce(0) { $0 + counts[$1] }, members.count)
    }
  }

  private init(
    name: String, path: String, tensors: [Int], children: [Module], _ parameters: Int,
    _ tensorCount: Int
  ) {
    (self.name, self.path, self.tensors, self.children) = (name, path, tensors, children)
    (self.parameters, self.tensorCount) = (parameters, tensorCount)
  }

  private func separator(after path: String) -> String {
    self.path.dropFirst(path.count).first.map(String.init) ?? ""
  }

  /// One part of a name, with what stands before it.
  private struct Part: Hashable {
    let separator: String
    let name: String
  }

  private static func parts(of name: String) -> [Part] {
    var parts: [Part] = []
    var rest = name[...]
    var separator = ""
    while parts.count < deepest, let end = rest.firstIndex(where: { $0 == "." || $0 == "/" }) {
      parts.append(Part(separator: separator, name: String(rest[..<end])))
      separator = String(rest[end])
      rest = rest[rest.index(after: end)...]
    }
    parts.append(Part(separator: separator, name: String(rest)))
    // As kohya names the layers of a LoRA: which network, then the path with underscores.
    for network in ["lora_unet", "lora_te1", "lora_te2", "lora_te"]
    where parts[0].name.hasPrefix(network + "_") {
      let layer = String(parts[0].name.dropFirst(network.count + 1))
      parts[0] = Part(separator: "", name: network)
      parts.insert(Part(separator: "_", name: layer), at: 1)
      break
    }
    return parts
  }

  /// The module of a tensor: its name without the last part, or nothing.
  package static func path(of name: String) -> String {
    name.lastIndex { $0 == "." || $0 == "/" }.map { String(name[..<$0]) } ?? ""
  }

  /// Modules of at most so many tensors that together hold all, in order; a module with more is cut
  /// into its children, and what lies in it directly stands by itself.
  package func groups(of most: Int) -> [(path: String, tensors: [Int])] {
    guard tensorCount > most, !children.isEmpty else { return [(path, all)] }
    return (tensors.isEmpty ? [] : [(path, tensors)]) + children.flatMap { $0.groups(of: most) }
  }

  /// The places of all tensors in it and below.
  package var all: [Int] { tensors + children.flatMap(\.all) }
}
