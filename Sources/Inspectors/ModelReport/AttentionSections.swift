import Attention
import Commands
import Evaluation
import Imaging
import Pages
import Tensors

// How far the heatmaps of words can be believed: whether they point, and whether words make what
// they show.

// MARK: - Pointing

extension ModelReportPage {
  func pointingSection(_ pointing: PointingEvaluation) -> Section {
    let scene = Axis(
      "scene", values: pointing.examples.indices.map(Double.init),
      labels: pointing.examples.enumerated().map { "\($0): \($1.word)" })
    return Section("Where the words look") {
      Text(
        """
        \(pointing.scenes) held-out scenes, each noised to t = \
        \(pointing.timesteps.map(String.init).joined(separator: ", ")), one pass each with its \
        caption. The attention to a word is enlarged to the picture; its peak is a hit when it lies on \
        a pixel of what the word means. A colour is where its object is, the time of day is the open \
        sky. By chance a peak hits as often as these are large.
        """)
      if !pointing.examples.isEmpty {
        Pictures(figures(pointing.examples, scene), columns: 4)
        Timeline(scene)
      }
      Row {
        pointingChart(pointing)
        pointingTable(pointing)
      }
    }
  }

  private func figures(_ examples: [PointingEvaluation.Example], _ axis: Axis) -> [Figure] {
    let aggregates = Aggregate.allCases.filter { wanted in
      examples.allSatisfy { $0.heatmaps.contains { $0.aggregate == wanted } }
    }
    func film(_ name: String, _ picture: (PointingEvaluation.Example) -> Image) -> Figure {
      Figure(Prose(name), .over(axis, examples.map { Picture(shown: picture($0)) }))
    }
    return [
      Figure(
        "the scene", .over(axis, examples.map { Picture(shown: Image($0.picture)) }),
        note: .over(axis, examples.map(\.caption))),
      film("where the word's object is") { ColorMap.grey.image(of: $0.mask, range: 0...1) },
    ]
      + aggregates.map { aggregate in
        film(aggregate.title) { example in
          let map = example.heatmaps.first { $0.aggregate == aggregate }?.map ?? example.mask
          return HeatmapPictures.over(Image(example.picture), map)
        }
      }
  }

  private func pointingChart(_ pointing: PointingEvaluation) -> Chart {
    let ideas: [PointingGame.Subject: Idea] = [
      .object: .prediction, .color: .noise, .ground: .condition, .sky: .signal, .time: .neutral,
    ]
    let curves = PointingGame.Subject.allCases.map { subject -> Curve in
      let tallies = pointing.timesteps.sorted().compactMap { t in
        pointing.tally(.mean, subject, at: t).map { (t: Double(t), accuracy: $0.accuracy) }
      }
      return Curve(
        of: Quantity(
          Math("\"" + subject.rawValue + "\""), "words for it", ideas[subject] ?? .neutral),
        x: tallies.map(\.t), y: tallies.map(\.accuracy))
    }
    return Chart(
      "Peaks of the plain mean that hit", x: .linear("timestep t"),
      y: .linear("share", in: 0...1), curves: curves)
  }

  private func pointingTable(_ pointing: PointingEvaluation) -> Table {
    func row(
      _ name: String, _ aggregate: Aggregate, _ value: (PointingGame.Tally) -> Double
    ) -> [Table.Cell] {
      [.prose(Prose(name))]
        + Report.subjects.map { subject in
          pointing.tally(aggregate, subject).map { .number(value($0), .percent(1)) } ?? "–"
        }
    }
    return Table(
      "Peaks that hit, all timesteps together",
      columns: ["aggregate"] + Report.subjects.map { Prose($0?.rawValue ?? "all words") },
      rows: Aggregate.allCases.filter { pointing.tally($0, nil) != nil }.map {
        row($0.title, $0, \.accuracy)
      } + [row("area, and so chance", .mean, \.chance), row("mass inside", .mean, \.massInside)])
  }

  func pointingSummary(_ pointing: PointingEvaluation) -> [[String]] {
    Report.subjects.compactMap { subject in
      pointing.tally(.mean, subject).map { tally in
        let hits = Aggregate.allCases.compactMap { pointing.tally($0, subject)?.accuracy }
        return [
          "pointing, \(subject?.rawValue ?? "all words")",
          "\(Self.percent(tally.accuracy)) (\(Self.percent(hits.min() ?? 0)) to "
            + "\(Self.percent(hits.max() ?? 0)) by aggregate)",
          "chance " + Self.percent(tally.chance),
        ]
      }
    }
  }
}

// MARK: - Ablation

extension ModelReportPage {
  func ablationSection(_ ablation: AblationEvaluation) -> Section {
    let trials = Array(ablation.trials.prefix(24))
    let axis = Axis(
      "prompt", values: trials.indices.map(Double.init),
      labels: trials.enumerated().map { "\($0): \($1.word)" })
    return Section("Do the words make what they show?") {
      Text(
        """
        \(ablation.trials.count) prompts that training never met. Each picture is drawn again from the \
        same noise with no pixel looking at its first object (ablate), and once more with no other \
        token of the text encoder doing so either (erase).
        """)
      if !trials.isEmpty {
        Pictures(figures(trials, axis), columns: 3)
        Timeline(axis)
      }
      for (kind, name) in AblationEvaluation.kinds.enumerated() {
        ablationTable(ablation, kind, name)
      }
    }
  }

  private func figures(_ trials: [AblationEvaluation.Trial], _ axis: Axis) -> [Figure] {
    func film(_ name: Prose, _ picture: (AblationEvaluation.Trial) -> Image) -> Figure {
      Figure(name, .over(axis, trials.map { Picture(shown: picture($0)) }))
    }
    return [
      Figure(
        "the picture", .over(axis, trials.map { Picture(shown: $0.picture) }),
        note: .over(axis, trials.map(\.prompt))),
      film("no pixel looks at the word") { $0.variants[0].picture },
      film("nobody does") { $0.variants[1].picture },
      film("the word's plain mean, before") { trial in
        trial.heatmap.map { HeatmapPictures.over(trial.picture, $0) } ?? trial.picture
      },
      film("what the first changed") { HeatmapPictures.changePicture($0.variants[0].change) },
      film("what the second changed") { HeatmapPictures.changePicture($0.variants[1].change) },
    ]
  }

  private func ablationTable(_ ablation: AblationEvaluation, _ kind: Int, _ name: String) -> Table {
    Table(
      "Change where the heatmap reaches half its peak: \(Prose(name))",
      columns: [
        "aggregate", "area", "share of the squared change", "times what the area alone gives",
        "prompts above 1",
      ],
      rows: Aggregate.allCases.compactMap { ablation.score(kind, $0) }.map { score in
        [
          .prose(Prose(score.aggregate.title)), .number(score.area, .percent(1)),
          .number(score.inside, .percent(1)), .number(score.ratio, .decimals(2)),
          .number(score.above, .percent(0)),
        ]
      })
  }

  func ablationSummary(_ ablation: AblationEvaluation) -> [[String]] {
    AblationEvaluation.kinds.enumerated().flatMap { kind, name in
      Aggregate.allCases.compactMap { ablation.score(kind, $0) }.map { score in
        [
          "\(name), \(score.aggregate.rawValue)",
          "\(Self.percent(score.inside)) of the change in \(Self.percent(score.area))",
          NumberFormat.decimals(2).text(score.ratio) + " ×",
        ]
      }
    }
  }
}
