"""AWS SageMaker: the request of `aws sagemaker create-training-job`, with managed spot for interruptible prices."""

import json

from dawg_ai.launch import skypilot
from dawg_ai.launch.lease import Lease


def by_hand(lease: Lease) -> str:
    """What a person runs."""
    return (
        "fill in the account, role and bucket in training-job.json and run in the session's folder: "
        "aws sagemaker create-training-job --cli-input-json file://training-job.json"
    )


def files(lease: Lease) -> dict[str, str]:
    """The request, and how to send it."""
    spot = lease.kind == "interruptible"
    limits = {"MaxRuntimeInSeconds": lease.seconds, **({"MaxWaitTimeInSeconds": 2 * lease.seconds} if spot else {})}
    body = {
        "TrainingJobName": lease.name,
        "RoleArn": "arn:aws:iam::ACCOUNT:role/ROLE",
        "AlgorithmSpecification": {
            "TrainingImage": "ACCOUNT.dkr.ecr.REGION.amazonaws.com/dawg-ai:latest",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["bash", "-c"],
            "ContainerArguments": [f"DAWG_HOME=/opt/ml/checkpoints {lease.train()}"],
        },
        "OutputDataConfig": {"S3OutputPath": "s3://BUCKET/output"},
        "CheckpointConfig": {"S3Uri": f"s3://BUCKET/checkpoints/{lease.plugin}", "LocalPath": "/opt/ml/checkpoints"},
        "ResourceConfig": {"InstanceType": lease.offer, "InstanceCount": 1, "VolumeSizeInGB": 20},
        "StoppingCondition": limits,
        "EnableManagedSpotTraining": spot,
    }
    about = f"""\
Fill in ACCOUNT, REGION, ROLE and BUCKET, then
start:  aws sagemaker create-training-job --cli-input-json file://training-job.json
watch:  aws sagemaker describe-training-job --training-job-name {lease.name}
end:    aws sagemaker stop-training-job --training-job-name {lease.name}
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {
        "training-job.json": json.dumps(body, indent=2) + "\n",
        "README.txt": about,
        "skypilot.yaml": skypilot.task(lease, "aws"),
    }
