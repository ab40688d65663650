import Checkpoints
import Commands
import Evaluation
import Foundation
import Imaging
import Networks
import Records
import Tensors
import Training

/// The table, the pictures and, in the end, the network of `train-autoencoder`.
struct TrainAutoencoderFiles {
  let trainee: AutoencoderTrainee
  let state: TrainingState

  /// `trace.csv` and the reconstructions on the way.
  func write(to output: RunOutput) throws {
    try output.write(state.trace.table, as: "trace.csv")
    let originals = Image.batch(trainee.evaluation.shown)
    for (name, image) in zip(trainee.evaluation.kinds, originals) {
      try output.write(image, as: "images/\(name).png")
    }
    for snapshot in trainee.evaluation.snapshots {
      let steps = padded(snapshot.steps, to: 6)
      for (name, image) in zip(
        trainee.evaluation.kinds, Image.batch(snapshot.pictures))
      {
        try output.write(image, as: "images/\(name)-\(steps).png")
      }
    }
  }

  /// `autoencoder/`: a folder that diffusers opens, with the averaged weights in float16, how they
  /// came about (`training.json`), the trace in short, and block PCA with as many values.
  func write(_ result: AutoencoderTrainingResult, command: String, to output: RunOutput) throws {
    let autoencoder = trainee.autoencoder
    let configuration = autoencoder.settings(latentScale: result.latentScale)
    try output.write(configuration.serialized, as: "autoencoder/config.json")
    try trainee.average.applied {
      try output.writeFile(as: "autoencoder/diffusion_pytorch_model.safetensors") {
        try SafetensorsFile.write(
          NetworkWeights(autoencoder), as: .float16, metadata: ["format": "pt"], to: $0)
      }
    }
    try output.writeFile(as: "autoencoder/\(BlockPCA.fileName)") {
      try SafetensorsFile.write(result.analysis.tensors, as: .float16, to: $0)
    }
    let record = result.record(command: command)
    try output.write(record.serialized, as: "autoencoder/training.json")
    try output.write(shortTrace, as: "autoencoder/trace.csv")
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
