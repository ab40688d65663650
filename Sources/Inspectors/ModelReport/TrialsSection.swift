import Evaluation
import Foundation
import Imaging
import Pages
import Storybook
import Tensors
import Training

/// The pictures, worst first: each beside the scene that its caption describes, with what was asked
/// and what was read.
struct TrialsSection {
  let captions: CaptionTrials
  let page: ModelReportPage

  private static let shown = 48

  var section: Section {
    let trials = Array(captions.worstFirst.prefix(Self.shown))
    let picture = Axis("picture", steps: trials.map(\.index))
    let wrong = captions.trials.count { !$0.mistakes.isEmpty }
    return Section {
      Text(
        """
        Pictures that miss what was asked for in some attribute: \(wrong) of \
        \(captions.trials.count). Here are the worst \(trials.count), the most mistaken first; \
        first-64.png among the run's images shows the first ones as they came.
        """)
      Row(widths: [2, 1]) {
        Pictures([
          Figure(
            of: page.generated,
            .over(picture, trials.map { Picture(png: PNG.data(of: $0.picture)) })),
          Figure(
            of: page.truth,
            .over(picture, trials.map { Picture(png: PNG.data(of: Self.truth($0))) })),
        ])
        table(trials, picture)
      }
      Text("“\(live: .over(picture, trials.map(\.caption)))”")
      Timeline(picture)
      PictureGrid(
        trials.map { trial in
          Figure(
            Prose("\(trial.index)"), .fixed(Picture(png: PNG.data(of: trial.picture))),
            note: .fixed(Self.verdict(trial)))
        }, width: 84, selecting: picture)
    }
  }

  private static func truth(_ trial: Trial) -> Image {
    Image(SceneRenderer(size: SceneClassifier.pictureSize).picture(of: trial.scene))
  }

  private static func verdict(_ trial: Trial) -> String {
    trial.mistakes.isEmpty ? "right" : "\(trial.mistakes.count) wrong"
  }

  private func table(_ trials: [Trial], _ picture: Axis) -> Table {
    func column(_ text: (Trial) -> String) -> Table.Cell {
      .live(.over(picture, trials.map(text)))
    }
    return Table(
      "What the classifier reads", columns: ["", "asked", "read", "sure", ""],
      rows: SceneAttribute.allCases.map { attribute in
        [
          .prose(Prose(attribute.rawValue)),
          column { attribute.className(in: $0.scene.content) }, column { $0.reading[attribute] },
          column {
            NumberFormat.decimals(2).text($0.reading.confidence[attribute] ?? 0)
          },
          column { $0.mistakes.contains(attribute) ? "✗" : "✓" },
        ]
      })
  }
}
