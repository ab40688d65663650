import Pages
import Storybook

extension Study {
  /// The last look at a model with the study's number of sampling steps.
  package func final(of model: StudyModel) -> StudyPoint {
    model.training(samplerSteps: settings.samplerSteps).last ?? model.points[0]
  }

  /// The model that ends nearest to drawn scenes, on the mean over the seeds.
  package var best: StudyModel? {
    models.min { meanDistance($0.factor) < meanDistance($1.factor) }
  }

  /// The share of attributes in which a caption of the evaluation says what another one says: what pictures
  /// score that have nothing to do with theirs.
  package var chance: Double {
    let asked = StudyEvaluation.scenes(0..<settings.count).map(\.content)
    let others = asked.dropFirst() + asked.prefix(1)
    let equal = zip(asked, others).reduce(0) { sum, pair in
      sum
        + SceneAttribute.allCases.count { $0.className(in: pair.0) == $0.className(in: pair.1) }
    }
    return Double(equal) / Double(asked.count * SceneAttribute.allCases.count)
  }

  /// The index of a model's point that a milestone stands for: a slow model may pass several in one
  /// step, and is then shown as it was before.
  package func point(of model: StudyModel, at milestone: Int) -> Int {
    let milestones = settings.milestones
    let end = milestone + 1 < milestones.count ? milestones[milestone + 1] : .infinity
    let looks = model.points.indices.filter {
      model.points[$0].samplerSteps == settings.samplerSteps
    }
    return looks.last { model.points[$0].trainSeconds < end } ?? looks.first ?? 0
  }

  /// What the study found, in a sentence of its numbers.
  package var headline: String {
    guard let best, models.count > 1 else { return "" }
    let end = final(of: best).quality
    var text = """
      With \(StudyText.seconds(settings.share)) of training on one core, \(best.name) comes nearest \
      to drawn scenes: distance \(NumberFormat.decimals(1).text(end.distance)), \
      \(NumberFormat.percent(0).text(end.accuracy)) of the attributes as asked.
      """
    if best.factor != 1, let pixels = models.first(where: { $0.factor == 1 }) {
      let other = final(of: pixels).quality
      text += """
         The same time on pixels: \(NumberFormat.decimals(1).text(other.distance)) and \
        \(NumberFormat.percent(0).text(other.accuracy)).
        """
    }
    return text
  }

  /// Something that the paper reports, beside what this study measured.
  package struct Claim: Sendable, Equatable {
    package var paper: String
    package var here: String
    package var agrees: Bool
    /// Of a finding about several pairs: whether it is so for some of them and not for others.
    package var agreesInPart = false
  }

  /// The paper's findings (arXiv:2112.10752, §4.1, Figures 6 and 7) that this study can speak of.
  package var claims: [Claim] {
    [slowPixels, gap, stagnation, balance, fidelity].compactMap(\.self)
  }

  private func distance(_ factor: Int) -> Double? {
    models.first { $0.factor == factor }.map { final(of: $0).quality.distance }
  }

  private static func number(_ value: Double) -> String { NumberFormat.decimals(1).text(value) }

  private var slowPixels: Claim? {
    guard let pixels = distance(1), let two = distance(2),
      let best = [4, 8, 16].compactMap(distance).min()
    else { return nil }
    return Claim(
      paper: "Small downsampling factors, LDM-1 and LDM-2, train slowly.",
      here: """
        At the end \(Self.number(pixels)) and \(Self.number(two)) away, the best of LDM-4 to LDM-16 \
        \(Self.number(best)).
        """, agrees: min(pixels, two) > best)
  }

  private var gap: Claim? {
    guard let pixels = distance(1), let eight = distance(8) else { return nil }
    return Claim(
      paper: "LDM-8 is far ahead of LDM-1: 38 points of FID after two million steps.",
      here: """
        \(Self.number(pixels - eight)) points of this study's distance: \(Self.number(pixels)) \
        against \(Self.number(eight)).
        """, agrees: pixels > eight)
  }

  /// How much of the distance above that of drawn scenes the last doubling of training took away.
  private func lateProgress(_ factor: Int) -> Double? {
    guard let model = models.first(where: { $0.factor == factor }) else { return nil }
    let looks = model.training(samplerSteps: settings.samplerSteps)
    guard looks.count > 1 else { return nil }
    let (half, end) = (looks[looks.count - 2].quality.distance, looks[looks.count - 1])
    let above = half - drawn.distance
    return above > 0 ? (half - end.quality.distance) / above : nil
  }

  private var stagnation: Claim? {
    guard let coarse = lateProgress(32), let last = distance(32),
      let best = [4, 8, 16].compactMap(distance).min()
    else { return nil }
    let others = [4, 8, 16].compactMap(lateProgress)
    guard !others.isEmpty else { return nil }
    let mean = others.reduce(0, +) / Double(others.count)
    let percent = NumberFormat.percent(0)
    return Claim(
      paper: "Too large a factor, LDM-32, soon stagnates.",
      here: """
        The last doubling of training took away \(percent.text(coarse)) of LDM-32's distance above \
        drawn scenes, and \(percent.text(mean)) of LDM-4's to LDM-16's; it ends \
        \(Self.number(last)) away, the best of these \(Self.number(best)).
        """, agrees: coarse < mean && last > best)
  }

  /// A model with f from 4 to 16 against one with another f, both at their end.
  private struct Pair {
    let inner, outer: StudyModel
    let isNearer, isAsRight: Bool

    var holds: Bool { isNearer && isAsRight }

    /// What is otherwise than the paper has it; nil where nothing is.
    var exception: String? {
      switch (isNearer, isAsRight) {
      case (true, true): nil
      case (true, false): "\(inner.name) is nearer than \(outer.name), with less drawn as asked"
      case (false, true):
        "\(inner.name) is no nearer than \(outer.name), with as much drawn as asked"
      case (false, false): "\(inner.name) is behind \(outer.name) in both"
      }
    }
  }

  /// The sentence, pair by pair across its border: which of the middle beat which of the others.
  private var balance: Claim? {
    guard models.count == StudyNetwork.factors.count else { return nil }
    let middle = 4...16
    let pairs = models.filter { middle.contains($0.factor) }.flatMap { inner in
      models.filter { !middle.contains($0.factor) }.map { outer in
        let (own, other) = (final(of: inner).quality, final(of: outer).quality)
        return Pair(
          inner: inner, outer: outer, isNearer: own.distance < other.distance,
          isAsRight: own.accuracy >= other.accuracy)
      }
    }
    let holding = pairs.count(where: \.holds)
    let exceptions = pairs.compactMap(\.exception).map { "; \($0)" }.joined()
    return Claim(
      paper: "LDM-4 to LDM-16 strike the best balance.",
      here: """
        In \(holding) of \(pairs.count) pairs with one of the others, one of these is nearer to drawn \
        scenes and draws at least as much as asked\(exceptions).
        """, agrees: holding == pairs.count, agreesInPart: holding > 0 && holding < pairs.count)
  }

  /// Figure 7: quality against the speed of drawing.
  private var fidelity: Claim? {
    guard let pixels = models.first(where: { $0.factor == 1 }), models.count > 2 else { return nil }
    let (mine, seconds) = (final(of: pixels).quality.distance, final(of: pixels).sampleSeconds)
    let better = models.filter {
      $0.factor > 1 && final(of: $0).quality.distance < mine
        && final(of: $0).sampleSeconds < seconds
    }
    let fastest = better.map { final(of: $0).sampleSeconds }.min()
    return Claim(
      paper: "Latent models draw better pictures than the pixel model and draw them faster.",
      here: better.isEmpty
        ? "None does both."
        : """
        \(better.map(\.name).joined(separator: ", ")) do both, up to \
        \(NumberFormat.decimals(0).text(seconds / (fastest ?? seconds))) times as fast.
        """, agrees: !better.isEmpty)
  }
}
