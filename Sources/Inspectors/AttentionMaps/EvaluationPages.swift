import Attention
import Commands
import Evaluation
import Imaging
import Tensors
import Tracing

// The pages of `attention-maps --evaluate` and `--evaluate-ablation`: how far a heatmap can be
// believed.

extension PointingEvaluation {
  func page() -> Page {
    Page(
      "Do the heatmaps point?", number: 9,
      question: "How often does a word's heatmap peak on what the word means?",
      next: [
        Suggestion(
          "attention-maps", ["--evaluate-ablation", "100"],
          because: "correlation is not cause: does the picture change where the heatmap is?")
      ]
    ) {
      Section {
        Text(
          """
          \(scenes) scenes that training never met, each noised to t = \
          \(timesteps.map(String.init).joined(separator: ", ")); the heatmap of each word that means \
          something, and the pixels that it means. A hit is a peak that lies on them; by chance a peak \
          hits as often as they are large.
          """)
        Pictures(figures, columns: 4)
        Timeline(scene)
      }
      Section("Peaks that hit") {
        Table(
          "Pointing accuracy",
          columns: ["aggregate"] + subjects.map { Prose($0) } + ["mass inside"],
          rows: rows)
        Text("Chance in each column: \(chances).")
      }
    }
  }

  private var scene: Axis {
    Axis(
      "scene", values: examples.indices.map(Double.init),
      labels: examples.indices.map { "\($0): \(examples[$0].word)" })
  }

  private var figures: [Figure] {
    let axis = scene
    let aggregates = Aggregate.allCases.filter { wanted in
      examples.allSatisfy { $0.heatmaps.contains { $0.aggregate == wanted } }
    }
    return [
      Figure(
        "the scene", .over(axis, examples.map { shown(Image($0.picture)) }),
        note: .over(axis, examples.map(\.caption))),
      Figure(
        "where the word's object is",
        .over(
          axis,
          examples.map {
            Picture(png: PNG.data(of: ColorMap.grey.image(of: $0.mask, range: 0...1)))
          }
        )),
    ]
      + aggregates.map { aggregate in
        Figure(
          Prose(aggregate.title),
          .over(
            axis,
            examples.map { example in
              let map = example.heatmaps.first { $0.aggregate == aggregate }?.map ?? example.mask
              return shown(
                HeatmapPictures.over(
                  Image(example.picture), map, range: HeatmapPictures.range(of: map)))
            }))
      }
  }

  private var kinds: [PointingGame.Subject?] { [nil] + PointingGame.Subject.allCases.map { $0 } }
  private var subjects: [String] { kinds.map { $0?.rawValue ?? "all words" } }

  private var rows: [[Table.Cell]] {
    Aggregate.allCases.compactMap { aggregate in
      guard let all = tally(aggregate, nil) else { return nil }
      return [.prose(Prose(aggregate.title))]
        + kinds.map { kind in
          tally(aggregate, kind).map { .number($0.accuracy, .percent(1)) } ?? "–"
        } + [.number(all.massInside, .percent(1))]
    }
  }

  private var chances: String {
    kinds.compactMap { kind in
      tally(.mean, kind).map {
        "\(kind?.rawValue ?? "all words") \(NumberFormat.percent(1).text($0.chance))"
      }
    }.joined(separator: ", ")
  }

  var summary: Summary {
    Summary(
      columns: ["aggregate"] + subjects,
      rows: Aggregate.allCases.map { aggregate in
        [aggregate.rawValue]
          + kinds.map { kind in
            tally(aggregate, kind).map { NumberFormat.percent(1).text($0.accuracy) } ?? "–"
          }
      } + [
        ["chance"]
          + kinds.map { kind in
            tally(.mean, kind).map { NumberFormat.percent(1).text($0.chance) } ?? "–"
          }
      ])
  }
}

extension AblationEvaluation {
  func page() -> Page {
    Page(
      "Do the words make what they show?", number: 9,
      question:
        "Does a picture change where a word's heatmap is, when nobody may look at the word?",
      next: [
        Suggestion(
          "attention-maps", ["--evaluate", "200"], because: "how often the heatmaps point at all")
      ]
    ) {
      Section {
        Text(
          """
          \(trials.count) prompts that training never met. Each picture is drawn again from the same \
          noise with no pixel looking at its first object (ablate), and once more with no other token \
          of the text encoder doing so either (erase).
          """)
        Pictures(figures, columns: 3)
        Timeline(axis)
      }
      for (kind, name) in Self.kinds.enumerated() {
        Section("Change inside the heatmap: \(name)") { table(kind) }
      }
    }
  }

  private func table(_ kind: Int) -> Table {
    Table(
      "Where the heatmap reaches half its peak",
      columns: [
        "aggregate", "area", "share of the squared change", "times what the area alone gives",
        "prompts above 1",
      ],
      rows: Aggregate.allCases.compactMap { score(kind, $0) }.map { score in
        [
          .prose(Prose(score.aggregate.title)), .number(score.area, .percent(1)),
          .number(score.inside, .percent(1)), .number(score.ratio, .decimals(2)),
          .number(score.above, .percent(0)),
        ]
      })
  }

  private var shownTrials: [Trial] { Array(trials.prefix(24)) }

  private var axis: Axis {
    Axis(
      "prompt", values: shownTrials.indices.map(Double.init),
      labels: shownTrials.indices.map { "\($0): \(shownTrials[$0].word)" })
  }

  private func film(_ name: Prose, _ picture: (Trial) -> Image) -> Figure {
    Figure(name, .over(axis, shownTrials.map { shown(picture($0)) }))
  }

  private var figures: [Figure] {
    let first = [
      Figure(
        "the picture", .over(axis, shownTrials.map { shown($0.picture) }),
        note: .over(axis, shownTrials.map(\.prompt))),
      film("no pixel looks at the word") { $0.variants[0].picture },
      film("nobody does") { $0.variants[1].picture },
    ]
    let second = [
      film("the word's plain mean, before") { trial in
        guard let map = trial.heatmap else { return trial.picture }
        return HeatmapPictures.over(trial.picture, map, range: HeatmapPictures.range(of: map))
      },
      film("what the first changed") { HeatmapPictures.changePicture($0.variants[0].change) },
      film("what the second changed") { HeatmapPictures.changePicture($0.variants[1].change) },
    ]
    return first + second
  }

  var summary: Summary {
    Summary(
      columns: ["", "aggregate", "area", "change inside", "ratio", "above 1"],
      rows: Self.kinds.indices.flatMap { kind in
        Aggregate.allCases.compactMap { score(kind, $0) }.map { score in
          [
            Self.kinds[kind], score.aggregate.rawValue, NumberFormat.percent(1).text(score.area),
            NumberFormat.percent(1).text(score.inside), NumberFormat.decimals(2).text(score.ratio),
            NumberFormat.percent(0).text(score.above),
          ]
        }
      })
  }
}
