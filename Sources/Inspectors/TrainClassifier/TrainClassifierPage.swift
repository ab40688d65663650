import Commands
import Imaging
import Tracing
import Training

/// What one run of `train-classifier` found, and the page that shows it.
struct TrainClassifierPage {
  let network: SceneClassifier
  let trace: TrainingTrace
  let exams: [ClassifierExam]

  private let loss = Quantity("L", "cross-entropy, summed over the attributes", .error)
  private let accuracy = Quantity("\"right\"", "answers of a batch that are right", .prediction)

  var summary: Summary {
    Summary(
      columns: ["held-out scenes read right"] + exams.map(\.name),
      rows: exams[0].scores.indices.map { row in
        [exams[0].scores[row].name] + exams.map { percent($0.scores[row].right, of: $0.count) }
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
      for exam in exams {
        if !exam.mistakes.isEmpty { misread(exam) }
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
      "Held-out scenes read right", columns: ["attribute"] + exams.map { Prose($0.name) },
      rows: exams[0].scores.indices.map { row in
        [.prose(Prose(exams[0].scores[row].name))]
          + exams.map { exam in
            .prose(Prose(percent(exam.scores[row].right, of: exam.count)))
          }
      })
  }

  private func misread(_ exam: ClassifierExam) -> Section {
    Section("Misread, \(exam.name)") {
      PictureGrid(
        exam.mistakes.map { mistake in
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
