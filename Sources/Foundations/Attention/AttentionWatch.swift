import LatentDiffusion
import Networks
import Tensors

/// Which prompt a pass, or one half of a batch, listens to.
package enum PromptHalf: String, Sendable {
  /// The prompt.
  case conditional
  /// The negative prompt, or none.
  case unconditional
}

extension UNetPassSite.Conditions {
  /// The batch entry that listens to a prompt; nil when none does.
  func entry(of half: PromptHalf) -> Int? {
    switch (self, half) {
    case (.both, .conditional): 1
    case (.both, .unconditional), (.unconditional, .unconditional), (.conditional, .conditional): 0
    default: nil
    }
  }
}

/// The attention matrices of one layer in one pass: for every head and pixel, how its attention is
/// shared out.
package struct AttentionMatrices {
  /// Which layer made them.
  package let layer: AttentionLayer
  /// In which pass.
  package let site: UNetPassSite
  /// softmax(QKᵀ/√d), shape [B, heads, N, M]; assigning to it changes the pass.
  package var weights: Tensor

  /// The matrices of one prompt, shape [heads, N, M], borrowing the pass's memory; nil when the pass
  /// does not listen to it.
  package subscript(half: PromptHalf) -> Tensor? {
    get {
      site.conditions.entry(of: half).map {
        weights.rows($0..<$0 + 1).reshaped(Array(weights.shape.dropFirst()))
      }
    }
    set {
      guard let newValue, let entry = site.conditions.entry(of: half) else { return }
      precondition(
        newValue.shape == Array(weights.shape.dropFirst()),
        "\(newValue.shape) cannot replace one entry of \(weights.shape)")
      let size = newValue.count
      weights.withUnsafeMutableElements { to in
        newValue.withUnsafeElements { from in
          for i in 0..<size { to[entry * size + i] = from[i] }
        }
      }
    }
  }
}

/// Somebody who looks at attention matrices, or changes them, as they are made.
package protocol AttentionObserver: AnyObject {
  /// Asked before a matrix is made: one that nobody wants never exists.
  func wants(_ layer: AttentionLayer, _ site: UNetPassSite) -> Bool
  /// Reads the matrices, or changes them.
  func visit(_ matrices: inout AttentionMatrices)
}

/// Shows the attention matrices of a U-Net's passes, one after another, to observers: a probe that
/// knows which layer and pass a matrix belongs to.
package final class AttentionWatch: Probe {
  private let layers: [String: AttentionLayer]
  private let observers: [any AttentionObserver]
  /// The pass at hand.
  private var site: UNetPassSite?

  /// - Parameters:
  ///   - layers: those that may be looked at.
  ///   - observers: who looks, in this order.
  package init(_ layers: [AttentionLayer], _ observers: [any AttentionObserver]) {
    self.layers = Dictionary(uniqueKeysWithValues: layers.map { ($0.path, $0) })
    self.observers = observers
  }

  /// The watch itself, for a pass; nil when nobody wants any of its matrices.
  package func probe(for site: UNetPassSite) -> (any Probe)? {
    self.site = site
    let isWanted = layers.values.contains { layer in
      observers.contains { $0.wants(layer, site) }
    }
    return isWanted ? self : nil
  }

  package func wants(_ value: ProbeSite) -> Bool {
    guard value.quantity == .attentionWeights, let layer = layers[value.path], let site else {
      return false
    }
    return observers.contains { $0.wants(layer, site) }
  }

  package func visit(_ value: inout Tensor, at place: ProbeSite) {
    guard let layer = layers[place.path], let site else { return }
    precondition(
      value.shape[2] == layer.pixels,
      "\(layer.path): \(value.shape[2]) pixels, not \(layer.height)×\(layer.width)")
    var matrices = AttentionMatrices(layer: layer, site: site, weights: value)
    for observer in observers where observer.wants(layer, site) { observer.visit(&matrices) }
    value = matrices.weights
  }
}
