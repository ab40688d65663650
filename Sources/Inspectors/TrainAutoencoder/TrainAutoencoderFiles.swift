import Checkpoints
import Foundation
import Imaging
import Tensors
import Tracing
import Training

/// The table, the pictures and, in the end, the network of `train-autoencoder`.
struct TrainAutoencoderFiles {
  let trainee: AutoencoderTrainee
  let state: TrainingState

  /// `trace.csv` and the reconstructions on the way.
  func write(to folder: RunFolder) throws {
    try folder.write(state.trace.table, as: "trace.csv")
    let originals = Image.batch(trainee.evaluation.shown)
    for (name, image) in zip(["scene", "texture"], originals) {
      try folder.writeImage(PNG.data(of: image), as: "\(name).png")
    }
    for snapshot in trainee.evaluation.snapshots {
      let steps = String(snapshot.steps)
      let padded = String(repeating: "0", count: max(0, 6 - steps.count)) + steps
      for (name, image) in zip(["scene", "texture"], Image.batch(snapshot.pictures)) {
        try folder.writeImage(PNG.data(of: image), as: "\(name)-\(padded).png")
      }
    }
  }

  /// `autoencoder/`: a folder that diffusers opens, with the averaged weights in float16, how they
  /// came about (`training.json`) and the trace in short.
  func write(_ result: AutoencoderTrainingResult, command: String, to folder: RunFolder) throws {
    let autoencoder = trainee.autoencoder
    let configuration = autoencoder.configuration(latentScale: result.latentScale)
    try folder.write(Data(configuration.serialized.utf8), as: "autoencoder/config.json")
    try trainee.average.applied {
      try folder.writeFile(as: "autoencoder/diffusion_pytorch_model.safetensors") {
        try SafetensorsFile.write(
          autoencoder.weights, as: .float16, metadata: ["format": "pt"], to: $0)
      }
    }
    let record = result.record(command: command)
    try folder.write(Data(record.serialized.utf8), as: "autoencoder/training.json")
    try folder.write(shortTrace, as: "autoencoder/trace.csv")
  }

  /// Each column's mean over a hundredth of the run; empty where there is no such number.
  private var shortTrace: CSVTable {
    let trace = state.trace
    var table = CSVTable(columns: ["steps"] + trace.columns)
    let parts = min(100, max(state.step, 1))
    var first = 0
    for part in 0..<parts where state.step > 0 {
      let end = (part + 1) * state.step / parts
      let cells = trace.columns.indices.map { column -> CSVTable.Cell in
        let values = trace.rows[first..<end].map { Double($0[column]) }.filter { !$0.isNaN }
        return values.isEmpty
          ? .text("") : .float(Float(values.reduce(0, +) / Double(values.count)))
      }
      table.append([.integer(end)] + cells)
      first = end
    }
    return table
  }
}
