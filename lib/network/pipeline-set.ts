import type { NativePipeline } from '../runtime/native/binding.js';

/** Native pipelines of one shape. */
export class PipelineSet {
  readonly pipelines: NativePipeline[] = [];

  get mappedBytes(): number {
    return this.pipelines.reduce((sum, { mappedBytes }) => sum + mappedBytes, 0);
  }

  /** Makes `count` pipelines, or none where one fails. */
  fill(count: number, make: () => NativePipeline): this {
    try {
      while (this.pipelines.length < count) this.pipelines.push(make());
      return this;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  dispose(): void {
    for (const pipeline of this.pipelines.splice(0)) pipeline.dispose();
  }
}
