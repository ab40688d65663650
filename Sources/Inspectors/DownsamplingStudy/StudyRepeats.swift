import Pages
import Records

/// The same study with other seeds, and what differs by chance.
extension Study {
  /// This study and its repetitions.
  package var seeds: [Study] { [self] + repeats }

  /// The study with the same one of other seeds beside it.
  /// - Parameter others: each with its run folder, for errors.
  /// - Throws: `TableError` for one that differs in more than its seed, or in nothing.
  package func repeated(by others: [(study: Study, folder: String)]) throws -> Study {
    var found = self
    for (study, folder) in others {
      var settings = study.settings
      settings.seed = self.settings.seed
      guard settings == self.settings, study.models.map(\.factor) == models.map(\.factor),
        !found.seeds.contains(where: { $0.settings.seed == study.settings.seed })
      else {
        throw TableError(
          file: folder + "/settings.csv",
          expected: "the settings of the first study with a seed of its own")
      }
      found.repeats.append(study)
    }
    return found
  }

  /// How good the models with this f ended, seed by seed.
  package func ends(_ factor: Int) -> [StudyQuality] {
    seeds.compactMap { study in
      study.models.first { $0.factor == factor }.map { study.final(of: $0).quality }
    }
  }

  /// The mean over the seeds of how far from drawn scenes the models with this f ended.
  package func meanDistance(_ factor: Int) -> Double {
    let ends = ends(factor)
    return ends.map(\.distance).reduce(0, +) / Double(max(ends.count, 1))
  }

  /// The paper's findings, and with how many of the seeds each is found here.
  package var verdicts: [(claim: Claim, agreeing: Int)] {
    let found = seeds.map(\.claims)
    return claims.map { claim in
      (claim, found.count { $0.contains { $0.paper == claim.paper && $0.agrees } })
    }
  }

  /// `seeds.csv`: how each model ended with each seed.
  var seedTable: CSVTable {
    CSVTable(
      seeds.flatMap { study in
        study.models.map {
          (seed: study.settings.seed, f: $0.factor, end: study.final(of: $0).quality)
        }
      },
      [
        Column("seed") { "\($0.seed)" }, Column("f", \.f),
        Column("frechet_distance", \.end.distance), Column("attribute_accuracy", \.end.accuracy),
        Column("caption_accuracy", \.end.caption),
      ])
  }
}

extension StudySections {
  /// How each f ended, with what chance does to it.
  var spread: Chart {
    let factors = study.models.map(\.factor)
    let f = factors.map(Double.init)
    let ends = factors.map { study.ends($0).map(\.distance) }
    let ideas: [Idea] = [.signal, .prediction, .noise, .condition]
    return Chart(
      "How far from drawn scenes at the end, by seed", x: .log2("downsampling factor f"),
      y: .log("Fréchet distance", in: StudyText.decades(ends.flatMap(\.self))),
      curves: [
        Curve(
          of: Quantity("d̄", "mean over the seeds", .error), x: f,
          y: factors.map(study.meanDistance))
      ]
        + study.seeds.enumerated().map { index, seed in
          Curve(
            of: Quantity(
              Math("\"seed " + "\(seed.settings.seed)" + "\""), "one training of each",
              ideas[index % ideas.count]), x: f, y: ends.map { $0[index] }, style: .points)
        }, markers: [.y(.fixed(study.drawn.distance), "drawn scenes")])
  }

  /// What differs between seeds, in a sentence of its numbers.
  var spreadText: Text {
    let widest = study.models.max { ratio($0.factor) < ratio($1.factor) }
    let factor = widest?.factor ?? 1
    return Text(
      """
      \(study.seeds.count) seeds, that is other first weights, other noise and another order of the \
      same scenes: chance alone changes the distance at the end by up to \
      \(ratio(factor) - 1, .percent(0)) (LDM-\(factor)). Where two f differ by less, this study does \
      not tell them apart.
      """)
  }

  /// The largest distance over the smallest.
  private func ratio(_ factor: Int) -> Double {
    let distances = study.ends(factor).map(\.distance)
    return (distances.max() ?? 1) / (distances.min() ?? 1)
  }
}
