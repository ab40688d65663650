import Attention
import GoldenSupport
import LatentDiffusion
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Attention matrices") struct MapLedgerTests {
  @Test("are those of diffusers, in every layer, head and step, for both prompts")
  func golden() throws {
    let golden = try Golden.load("attention")
    let run = try Examples.run {
      $0.keepsMatrices = true
      $0.listensToNegative = true
      $0.looksAtSelf = true
    }
    var checked = 0
    for (name, expected) in golden {
      let parts = name.split(separator: "/").map(String.init)
      let found: Tensor? =
        switch parts[0] {
        case "attention": matrix(run.conditional, parts)
        case "unconditional": try matrix(#require(run.unconditional), parts)
        case "self": try selfMatrix(#require(run.selfAttention), parts)
        default: nil
        }
      guard let found else { continue }
      #expect(found.shape == expected.shape)
      #expect(found.maxAbsDifference(from: expected) <= 1e-4, "\(name)")
      checked += 1
    }
    // Three steps and one, of four layers; self-attention at one step.
    #expect(checked == 3 * 4 + 4 + 4)
  }

  private func matrix(_ ledger: MapLedger, _ parts: [String]) -> Tensor? {
    guard let layer = ledger.layers.firstIndex(where: { $0.path == parts[2] }),
      let step = ledger.seen.firstIndex(where: { Int($0.t) == Int(parts[1]) })
    else { return nil }
    return ledger.matrices[layer][step]
  }

  private func selfMatrix(_ ledger: SelfLedger, _ parts: [String]) -> Tensor? {
    guard let layer = ledger.layers.firstIndex(where: { $0.path == parts[2] }),
      let step = ledger.seen.firstIndex(where: { Int($0.t) == Int(parts[1]) })
    else { return nil }
    return ledger.matrices[layer][step].rows(0..<1)
  }

  @Test("have rows that sum to 1, and masses that do")
  func rows() throws {
    let run = try Examples.run { $0.listensToNegative = true }
    for ledger in [run.conditional, try #require(run.unconditional)] {
      #expect(ledger.rowResidual <= 1e-5 && ledger.rowResidual > 0)
      #expect(abs(ledger.tokenMasses.reduce(0, +) - 1) <= 1e-6)
    }
    // A matrix whose rows do not sum to 1 is found out.
    let wrong = MatrixMeasures(Tensor([2, 2], [0.5, 0.5, 0.5, 0.6]))
    #expect(abs(wrong.rowResidual - 0.1) < 1e-6)
  }

  @Test("of different words differ, and are those of the prompt's half of the batch")
  func halves() throws {
    let model = try Examples.model()
    let prompts = model.encode(prompt: "a red boat")
    // The other half listens to one vector for all tokens: there every word has the same map.
    let token = prompts.unconditional.slice(0..<1, along: 1)
    let alike = Tensor.concatenated(Array(repeating: token, count: 77), along: 1)
    let layers = AttentionLayer.all(.cross, of: model.unet.configuration, height: 6, width: 10)
    let latent = TorchGenerator(seed: 3).normal([1, 4, 6, 10])
    func maps(_ batching: UNetPredictor.Batching, _ half: PromptHalf) throws -> [Tensor] {
      let ledger = MapLedger(
        half, of: PromptColumns(prompts.conditionalTokens), layers: layers,
        selection: MapSelection(), steps: [-1])
      let predictor = UNetPredictor(
        model.unet, conditional: prompts.conditional, unconditional: alike, guidanceScale: 7.5,
        batching: batching, probing: AttentionWatch(layers, [ledger]).probe)
      _ = predictor.predict(latent, at: 500)
      return ledger.sums.compactMap(\.self)
    }
    func spread(_ maps: [Tensor]) -> Float {
      maps.map { map in
        let words = ledgerColumns(map, 1...3)
        return max(
          words[0].maxAbsDifference(from: words[1]), words[1].maxAbsDifference(from: words[2]))
      }.min() ?? 0
    }
    for batching in [UNetPredictor.Batching.together, .apart] {
      let conditional = try maps(batching, .conditional)
      let unconditional = try maps(batching, .unconditional)
      #expect(conditional.count == 4 && unconditional.count == 4)
      #expect(spread(conditional) > 1e-3)
      #expect(spread(unconditional) < 1e-7)
    }
  }

  /// Columns of [heads, N, M] as tensors.
  private func ledgerColumns(_ map: Tensor, _ columns: ClosedRange<Int>) -> [Tensor] {
    columns.map { map.slice($0..<$0 + 1, along: 2) }
  }

  @Test("are made for what is asked for and nothing else")
  func selection() throws {
    let run = try Examples.run {
      $0.selection.layers = ["mid"]
      $0.selection.heads = [1]
      $0.selection.timesteps = [500]
      $0.keepsMatrices = true
    }
    #expect(run.conditional.seen.map(\.t) == [501])
    #expect(run.conditional.layers.map(\.name) == ["mid 0"])
    #expect(run.conditional.statistics.count == 77)
    let all = try Examples.run { $0.keepsMatrices = true }
    let mid = try #require(all.conditional.layers.firstIndex { $0.place == .mid })
    #expect(
      run.conditional.matrices[0][0]
        .maxAbsDifference(from: all.conditional.matrices[mid][1].rows(1..<2)) < 1e-5)
    // Nobody wants the other layers: the probe does not ask for them.
    let watch = AttentionWatch(all.conditional.layers, [run.conditional])
    let site = UNetPassSite(step: 1, call: 0, t: 501, conditions: .both)
    let probe = try #require(watch.probe(for: site))
    for layer in all.conditional.layers {
      #expect(
        probe.wants(ProbeSite(layer.path, .attentionWeights)) == (layer.place == .mid))
      #expect(!probe.wants(ProbeSite(layer.path)))
    }
    let other = UNetPassSite(step: 0, call: 0, t: 751, conditions: .both)
    #expect(watch.probe(for: other) == nil)
  }

  @Test("mass, entropy and peak say what they say")
  func measures() {
    // Two pixels, three tokens.
    let measures = MatrixMeasures(Tensor([2, 3], [0.5, 0.25, 0.25, 0, 0.25, 0.75]))
    #expect(measures.mass == [0.25, 0.25, 0.5])
    #expect(measures.peak == [0, 0, 1])
    #expect(abs(measures.entropy[0]) < 1e-9 && abs(measures.entropy[1] - 1) < 1e-9)
    #expect(abs(measures.entropy[2] - 0.8112781) < 1e-6)
  }

  @Test("looking changes nothing, and the arithmetic by hand is the U-Net's own")
  func arithmetic() throws {
    let it = try Examples.run().arithmetic
    #expect(it.residual <= 1e-5 && it.halfResidual <= 1e-5 && it.lookingResidual <= 1e-5)
    #expect(abs(it.right.rowSums.lowerBound - 1) < 1e-12)
    #expect(abs(it.unscaled.rowSums.upperBound - 1) < 1e-12)
    // The two mistakes are seen: sharper without the scale, rows that do not sum to 1 over the
    // wrong axis.
    #expect(it.unscaled.entropy < it.right.entropy && it.unscaled.top > it.right.top)
    #expect(it.wrongAxis.rowSums.upperBound - it.wrongAxis.rowSums.lowerBound > 0.01)
    #expect(it.unscaled.weights.maxAbsDifference(from: it.captured) > 1e-3)
    #expect(it.wrongAxis.weights.maxAbsDifference(from: it.captured) > 1e-3)
  }
}
