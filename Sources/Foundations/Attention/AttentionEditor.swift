import LatentDiffusion
import Networks
import Tensors

/// The attention of the first picture at the current step, for those who draw with it.
package final class AttentionStore: AttentionObserver {
  private let schedule: InjectionSchedule
  private let steps: Int
  private var matrices: [Key: Tensor] = [:]
  private var step = -1

  private struct Key: Hashable {
    let path: String
    let call: Int
  }

  /// An empty store for a walk of so many steps.
  package init(_ schedule: InjectionSchedule, steps: Int) {
    (self.schedule, self.steps) = (schedule, steps)
  }

  package func wants(_ layer: AttentionLayer, _ site: UNetPassSite) -> Bool {
    site.conditions != .unconditional && schedule.injects(layer, at: site.step, of: steps)
  }

  /// Keeps the matrices of the conditional half until the next step.
  package func visit(_ visited: inout AttentionMatrices) {
    if visited.site.step != step { matrices.removeAll() }
    step = visited.site.step
    matrices[Key(path: visited.layer.path, call: visited.site.call)] = visited[.conditional]
  }

  /// What was stored for the layer of `visited` in the same call of the same step.
  func stored(for visited: AttentionMatrices) -> Tensor? {
    guard visited.site.step == step else { return nil }
    return matrices[Key(path: visited.layer.path, call: visited.site.call)]
  }
}

/// Changes the conditional half of the attention of a second picture.
package final class AttentionEditor: AttentionObserver {
  private enum Change {
    case hide(tokens: [Int])
    /// Per token a factor on the stored attention.
    case weigh([Float])
    case map(TokenMapper)
  }

  private let change: Change
  private let store: AttentionStore
  private let schedule: InjectionSchedule
  private let steps: Int

  /// - Parameters:
  ///   - intervention: the change.
  ///   - old: the prompt of the first picture.
  ///   - new: the prompt of this one.
  ///   - store: the first picture's attention.
  ///   - schedule: until when it takes the place of the new one.
  ///   - steps: how many the walk has.
  package init(
    _ intervention: Intervention, from old: TokenizedPrompt, to new: TokenizedPrompt,
    store: AttentionStore, schedule: InjectionSchedule, steps: Int
  ) {
    (self.store, self.schedule, self.steps) = (store, schedule, steps)
    let columns = PromptColumns(old)
    let tokens = columns.columns(of: intervention.word).flatMap { columns.columns[$0].positions }
    switch intervention {
    case .ablate, .erase: change = .hide(tokens: tokens)
    case .scale(_, let factor):
      change = .weigh(old.tokens.indices.map { tokens.contains($0) ? Float(factor) : 1 })
    case .swap: change = .map(TokenMapper(from: old, to: new))
    }
  }

  package func wants(_ layer: AttentionLayer, _ site: UNetPassSite) -> Bool {
    guard site.conditions != .unconditional else { return false }
    if case .hide = change { return layer.kind == .cross }
    return schedule.injects(layer, at: site.step, of: steps)
  }

  /// Changes the matrices of the conditional half.
  package func visit(_ visited: inout AttentionMatrices) {
    guard let current = visited[.conditional] else { return }
    if case .hide(let tokens) = change {
      visited[.conditional] = Self.hidden(tokens, in: current)
      return
    }
    guard let stored = store.stored(for: visited) else { return }
    switch (visited.layer.kind, change) {
    case (.selfAttention, _): visited[.conditional] = stored
    case (.cross, .weigh(let factors)): visited[.conditional] = Self.weighed(stored, factors)
    case (.cross, .map(let mapper)):
      visited[.conditional] = Self.mapped(stored, mapper, keeping: current)
    case (.cross, .hide): break
    }
  }

  /// A without some columns, each row made to sum to 1 again.
  /// - Parameters:
  ///   - tokens: the columns to leave out.
  ///   - current: A, shape [heads, N, M].
  ///   - isChanged: says which rows are.
  package static func hidden(
    _ tokens: [Int], in current: Tensor, where isChanged: (Int) -> Bool = { _ in true }
  ) -> Tensor {
    let m = current.shape[current.rank - 1]
    var result = current
    result.withUnsafeMutableElements { a in
      for row in stride(from: 0, to: a.count, by: m) where isChanged(row / m) {
        for k in tokens { a[row + k] = 0 }
        let left = (0..<m).reduce(Float(0)) { $0 + a[row + $1] }
        guard left > 0 else { continue }
        for k in 0..<m { a[row + k] /= left }
      }
    }
    return result
  }

  /// A · diag(c): rows no longer sum to 1, as in the paper.
  package static func weighed(_ stored: Tensor, _ factors: [Float]) -> Tensor {
    var result = stored
    result.withUnsafeMutableElements { a in
      for i in 0..<a.count { a[i] *= factors[i % factors.count] }
    }
    return result
  }

  /// taken ⊙ (A · W) + (1 − taken) ⊙ A_current
  package static func mapped(_ stored: Tensor, _ mapper: TokenMapper, keeping current: Tensor)
    -> Tensor
  {
    let m = current.shape[2]
    let rows = current.count / m
    var result = Tensor.matrixProduct(stored.reshaped([rows, m]), mapper.matrix)
      .reshaped(current.shape)
    result.withUnsafeMutableElements { a in
      current.withUnsafeElements { current in
        for i in 0..<a.count where mapper.taken[i % m] == 0 { a[i] = current[i] }
      }
    }
    return result
  }
}
