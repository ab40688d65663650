import Diagnostics
import LatentDiffusion

/// Which attention matrices are looked at. Those that nobody asked for are never made.
package struct MapSelection: Sendable {
  /// Parts of a layer's name or path: `up`, `down 0`, `mid_block`; empty for all.
  package var layers: [String] = []
  /// 0-based; empty for all.
  package var heads: [Int] = []
  /// 0-based timesteps; empty for all.
  package var timesteps: [Double] = []
  /// Grids as [height, width]; empty for all.
  package var resolutions: [[Int]] = []

  /// All of them unless told.
  package init(
    layers: [String] = [], heads: [Int] = [], timesteps: [Double] = [], resolutions: [[Int]] = []
  ) {
    (self.layers, self.heads) = (layers, heads)
    (self.timesteps, self.resolutions) = (timesteps, resolutions)
  }

  /// Those of `layers` that are asked for.
  /// - Throws: `SelectionError` when a name, a grid or a head is nowhere to be found.
  package func filter(_ layers: [AttentionLayer]) throws -> [AttentionLayer] {
    guard !layers.isEmpty else { throw SelectionError.noLayers }
    for wanted in self.layers where !layers.contains(where: { Self.matches($0, wanted) }) {
      throw SelectionError.layer(wanted, known: layers.map(\.name))
    }
    for grid in resolutions where !layers.contains(where: { [$0.height, $0.width] == grid }) {
      throw SelectionError.resolution(grid, known: layers.map { [$0.height, $0.width] })
    }
    let most = layers.map(\.heads).max() ?? 0
    for head in heads where head >= most { throw SelectionError.head(head, count: most) }
    let chosen = layers.filter { layer in
      (self.layers.isEmpty || self.layers.contains { Self.matches(layer, $0) })
        && (resolutions.isEmpty || resolutions.contains([layer.height, layer.width]))
        && !heads(of: layer).isEmpty
    }
    guard !chosen.isEmpty else { throw SelectionError.nothing }
    return chosen
  }

  /// The heads of a layer that are asked for.
  package func heads(of layer: AttentionLayer) -> [Int] {
    heads.isEmpty ? Array(0..<layer.heads) : heads.filter { $0 < layer.heads }
  }

  /// The positions in `plan` of the timesteps that are asked for: for each the nearest one.
  package func steps(in plan: [Double]) -> [Int] {
    guard !timesteps.isEmpty else { return Array(plan.indices) }
    let nearest = timesteps.compactMap { wanted in
      plan.indices.min { abs(plan[$0] - wanted) < abs(plan[$1] - wanted) }
    }
    return Set(nearest).sorted()
  }

  private static func matches(_ layer: AttentionLayer, _ wanted: String) -> Bool {
    [layer.path, layer.name].contains { text in
      text == wanted || text.hasPrefix(wanted + ".") || text.hasPrefix(wanted + " ")
        || text.hasPrefix(wanted + "_")
    }
  }
}

/// A selection that leaves nothing, or names what is not there.
package enum SelectionError: PersonFacingError, Equatable {
  /// No layer has that name.
  case layer(String, known: [String])
  /// No layer has that grid.
  case resolution([Int], known: [[Int]])
  /// No layer that is looked at has that head.
  case head(Int, count: Int)
  /// The U-Net has no layer that attends to a prompt.
  case noLayers
  /// No layer fits all that was named.
  case nothing
  /// A word that the prompt does not hold.
  case word(option: String, String, known: [String])
  /// A word of the prompt that the model's length cut off.
  case cutOff(option: String, String, tokens: Int, taken: Int)

  package var exitStatus: ExitStatus { .usage }

  package var description: String {
    switch self {
    case .layer(let name, let known):
      "`layers`: expected one of \(Self.list(known)), or the beginning of one, found '\(name)'"
    case .resolution(let grid, let known):
      "`resolution`: expected one of \(Self.list(known.map(Self.grid))), found \(Self.grid(grid))"
    case .head(let head, let count):
      "`heads`: expected numbers from 0 to \(count - 1), found \(head)"
    case .noLayers: "the model's U-Net has no layer that attends to a prompt"
    case .nothing: "`layers`, `heads` and `resolution`: no layer fits all of them"
    case .word(let option, let word, let known):
      "\(option): expected a word of the prompt (\(Self.list(known))), found '\(word)'"
    case .cutOff(let option, let word, let tokens, let taken):
      "\(option): expected a word that the model sees, found '\(word)', which was cut off: the prompt "
        + "has \(tokens) tokens and the model takes \(taken); move the word forward or shorten the prompt"
    }
  }

  private static func grid(_ grid: [Int]) -> String { grid.map(String.init).joined(separator: "x") }

  private static func list(_ names: [String]) -> String {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }.joined(separator: ", ")
  }
}
