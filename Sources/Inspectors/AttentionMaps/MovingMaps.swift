import Attention
import Commands
import Imaging
import Tensors

extension AttentionRun {
  /// The heat of each word at each step that the page holds, over the picture: the mean over the heads
  /// and layers that are looked at, in one scale for all steps of a word. Nil for a prompt without
  /// words.
  var movingMaps: MovingPictures? {
    let words = columns.words
    guard !words.isEmpty else { return nil }
    let steps = conditional.page.steps
    let maps = conditional.meanMaps(of: words)
    let ranges = words.indices.map { word in HeatmapPictures.range(of: maps.map { $0[word] }) }
    // Many words leave less room for each.
    let small = picture.shrunk(to: words.count > 4 ? 96 : 128)
    return MovingPictures(
      words.map { columns.columns[$0].text },
      labels: steps.map { looksAtPicture ? "t = \(Int(frames[$0].t))" : "step \($0)" }
    ) { word, step in
      HeatmapPictures.over(small, maps[step][word], range: ranges[word])
    }
  }
}

extension MapLedger {
  /// For each step that the page holds and each of some columns the mean of its maps over layers and
  /// heads, pixels repeated to the finest grid, shape [h, w].
  func meanMaps(of wanted: [Int]) -> [[Tensor]] {
    let finest = layers.max { $0.pixels < $1.pixels }
    guard let finest else { return page.steps.map { _ in [] } }
    let count = page.heads.reduce(0, +)
    return page.steps.indices.map { step in
      wanted.map { column in
        Tensor([finest.height, finest.width]) { out in
          out.update(repeating: 0)
          for (index, layer) in layers.enumerated() {
            let part = step * layers.count + index
            let (bytes, ranges) = (page.bytes[part], page.ranges[part])
            for head in 0..<page.heads[index] {
              let map = head * page.columns + column
              let (low, high) = (ranges[2 * map], ranges[2 * map + 1])
              let scale = (high - low) / 255
              for y in 0..<finest.height {
                let row = map * layer.pixels + y * layer.height / finest.height * layer.width
                for x in 0..<finest.width {
                  let byte = bytes[row + x * layer.width / finest.width]
                  out[y * finest.width + x] += (low + scale * Float(byte)) / Float(count)
                }
              }
            }
          }
        }
      }
    }
  }
}
