import sys
from cloud import Cloud
from machine import Machine
import guarded
