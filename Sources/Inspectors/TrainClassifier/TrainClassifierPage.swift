import Commands
import Imaging
import Pages
import Training

/// What one run of `train-classifier` found, and the page that shows it.
struct TrainClassifierPage {
  let network: SceneClassifier
  let trace: TrainingTrace
  let evaluations: [ClassifierEvaluation]

  private let loss = Quantity("L", "cross-entropy, summed over the attributes", .error)
  private let accuracy = Quantity("\"right\"", "answers of a batch that are right", .prediction)

  var summary: Summary {
    Summary(
      columns: ["held-out scenes read right"] + evaluations.map(\.name),
      rows: evaluations[0].scores.indices.map { row in
        [evaluations[0].scores[row].name]
          + evaluations.map { percent($0.scores[row].right, of: $0.count) }
      })
  }

  func page() -> Page {
    Page(
      "A reader of storybook pictures",
      question: "How well can a small network say what a picture shows?",
      next: [
        Suggestion(
          "train-classifier", ["--widths", "8,16,32,48,64", "--steps", "1000"],
          because: "how much of it does a network of a quarter of the size learn?"),
        Suggestion("model-report", because: "let the reader judge what the model draws"),
      ]
    ) {
      Section {
        Text(
          """
          \(network.parameterCount) parameters; every stage is a 3×3 convolution of stride 2, a group \
          normalisation and SiLU. It is trained on scenes that are drawn as they are needed, shifted, \
          blurred and made noisy; it is examined on combinations of attributes that it never met.
          """)
        Row {
          chart("Loss", loss, "loss", .log("cross-entropy"))
          chart("Right answers", accuracy, "accuracy", .linear("share", in: 0...1))
        }
        scores
      }
      for evaluation in evaluations {
        if !evaluation.mistakes.isEmpty { misread(evaluation) }
      }
    }
  }

  private func chart(_ title: Prose, _ quantity: Quantity, _ column: String, _ y: Scale) -> Chart {
    let points = trace.smoothed(column)
    return Chart(
      title, x: .linear("training step"), y: y,
      curves: [Curve(of: quantity, x: points.map(\.step), y: points.map(\.value))])
  }

  private var scores: Table {
    Table(
      "Held-out scenes read right", columns: ["attribute"] + evaluations.map { Prose($0.name) },
      rows: evaluations[0].scores.indices.map { row in
        [.prose(Prose(evaluations[0].scores[row].name))]
          + evaluations.map { evaluation in
            .prose(Prose(percent(evaluation.scores[row].right, of: evaluation.count)))
          }
      })
  }

  private func misread(_ evaluation: ClassifierEvaluation) -> Section {
    Section("Misread, \(evaluation.name)") {
      PictureGrid(
        evaluation.mistakes.map { mistake in
          Figure(
            Prose(mistake.caption), .fixed(Picture(png: PNG.data(of: Image(mistake.picture)))),
            note: .fixed("read: " + mistake.reading))
        }, width: 160)
    }
  }

  private func percent(_ right: Int, of count: Int) -> String {
    NumberFormat.decimals(2).text(100 * Double(right) / Double(count)) + " %"
  }
}
