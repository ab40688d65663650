import Imaging
import Pages
import Tensors

extension Picture {
  /// A picture at the size of a page.
  /// - Parameters:
  ///   - image: any size.
  ///   - most: the most pixels on its longer side.
  public init(shown image: Image, atMost most: Int = 256) {
    self.init(png: PNG.data(of: image.shrunk(to: most)))
  }

  /// The same of several pictures, which are packed on all threads.
  public static func shown(_ images: [Image], atMost most: Int = 256) -> [Picture] {
    Threads.map(images.count) { Picture(shown: images[$0], atMost: most) }
  }
}
