import Commands
import Imaging
import Pages
import Training

/// What one run of `train-classifier` found, and the page that shows it.
struct TrainClassifierPage {
  let subject: Subject
  let parameterCount: Int
  let trace: TrainingTrace
  let evaluations: [ClassifierEvaluation]

  /// What is read.
  enum Subject {
    case scenes, places

    var summary: String {
      self == .scenes ? "held-out scenes read right" : "places of held-out scenes read right"
    }

    var network: String {
      switch self {
      case .scenes:
        "every stage is a 3×3 convolution of stride 2, a group normalisation and SiLU"
      case .places:
        "a U-Net, whose first trade this was: it says of every place of a picture what it shows"
      }
    }

    var loss: Quantity {
      Quantity(
        "L",
        self == .scenes
          ? "cross-entropy, summed over the attributes" : "cross-entropy, mean over the places",
        .error)
    }
  }

  private let accuracy = Quantity("\"right\"", "answers of a batch that are right", .prediction)

  var summary: Summary {
    Summary(
      columns: [subject.summary] + evaluations.map(\.name),
      rows: evaluations[0].scores.indices.map { row in
        [evaluations[0].scores[row].name]
          + evaluations.map { percent($0.scores[row].right, of: $0.scores[row].count) }
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
          \(parameterCount) parameters; \(subject.network). It is trained on scenes that are drawn as \
          they are needed, blurred and made noisy; it is examined on combinations of attributes that it never met.
          """)
        Row {
          chart("Loss", subject.loss, "loss", .log("cross-entropy"))
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
      subject == .scenes ? "Held-out scenes read right" : "Places of held-out scenes read right",
      columns: ["attribute"] + evaluations.map { Prose($0.name) },
      rows: evaluations[0].scores.indices.map { row in
        [.prose(Prose(evaluations[0].scores[row].name))]
          + evaluations.map { evaluation in
            .prose(Prose(percent(evaluation.scores[row].right, of: evaluation.scores[row].count)))
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
